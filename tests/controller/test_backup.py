from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from controller.artifact_check import artifact_faults
from controller.backup import back_up
from controller.events import ComputeLost
from controller.home import Home
from controller.journal import Journal, JournalReader
from experiments.errors import Invalid, Rejected
from tests.controller.doubles import ManualClock
from tests.controller.synthetic_campaign import write_campaign
from tests.controller.test_repair import change


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found, _ = write_campaign(tmp_path / "home", n=4)
    return found


def test_a_copy_has_every_event_and_every_file_while_the_journal_is_held(
    home: Home, tmp_path: Path
) -> None:
    with closing(Journal(home.journal, ManualClock())) as journal:
        journal.append("quickstart", [ComputeLost(reason="just now")])
        tip = back_up(home, tmp_path / "copy")
        assert tip == journal.tip
    copy = Home(tmp_path / "copy")
    with JournalReader(copy.journal) as journal, JournalReader(home.journal) as original:
        told = list(journal.read("quickstart"))
        assert told == list(original.read("quickstart"))
    assert list(artifact_faults(copy, told, dropped=frozenset())) == []


def test_a_copy_is_a_home_that_goes_on_by_itself(home: Home, tmp_path: Path) -> None:
    tip = back_up(home, tmp_path / "copy")
    with closing(Journal(Home(tmp_path / "copy").journal, ManualClock())) as journal:
        assert journal.tip == tip
        journal.append("quickstart", [ComputeLost(reason="in the copy")])
    with JournalReader(home.journal) as original:
        assert original.verify() == tip


def test_a_copy_whose_end_is_cut_off_is_noticed(home: Home, tmp_path: Path) -> None:
    back_up(home, tmp_path / "copy")
    journal = Home(tmp_path / "copy").journal
    journal.write_bytes(b"")
    with pytest.raises(Rejected, match="is empty"):
        JournalReader(journal)


def test_nothing_is_written_over(home: Home, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    with pytest.raises(Invalid, match="is there already"):
        back_up(home, tmp_path / "copy")
    assert list((tmp_path / "copy").iterdir()) == []


def test_a_damaged_journal_is_not_copied_and_leaves_nothing_half_made(
    home: Home, tmp_path: Path
) -> None:
    change(home, 5)
    with pytest.raises(Rejected, match="position 5"):
        back_up(home, tmp_path / "copy")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_what_an_interrupted_copy_left_is_cleared_away(home: Home, tmp_path: Path) -> None:
    half = tmp_path / ".copy.part"
    (half / "artifacts").mkdir(parents=True)
    (half / "artifacts" / "stray").write_text("of another day")
    back_up(home, tmp_path / "copy")
    assert not half.exists()
    assert not list((tmp_path / "copy").rglob("stray"))
