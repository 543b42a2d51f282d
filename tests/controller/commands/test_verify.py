"""Verify, repair and backup as a person gives them."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from controller.cli import exit_status
from controller.events import Observed, Resumed, VoxelsDropped
from controller.home import Home
from controller.journal import Journal, JournalReader
from tests.controller.doubles import ManualClock
from tests.controller.synthetic_campaign import write_campaign
from tests.controller.test_repair import change


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return write_campaign(tmp_path / "home", n=8)[0]


def verify(home: Home, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, str]]]:
    capsys.readouterr()
    status = exit_status(["verify", "--home", str(home.path), "--json"])
    document = json.loads(capsys.readouterr().out)
    assert document["is_whole"] == (status == 0)
    return status, document["faults"]


def voxels_of(home: Home) -> tuple[str, Path]:
    """Return a campaign's name and one of its voxel files."""
    with JournalReader(home.journal) as journal:
        (name,) = journal.campaigns()
        for recorded in journal.read(name):
            if isinstance(recorded.event, Observed):
                artifacts = recorded.event.observation.provenance.artifacts
                if "voxels" in artifacts:
                    found = artifacts["voxels"]
                    place = home.artifacts / "files" / found.sha256[:2]
                    return name, place / found.url.rpartition("/")[2]
    raise AssertionError("no voxels")


def test_a_whole_home_is_said_to_be_whole(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["verify", "--home", str(home.path)]) == 0
    assert "is whole" in capsys.readouterr().out


def test_an_artifact_that_is_missing_or_changed_is_named(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    _, file = voxels_of(home)
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"X")
    status, (fault,) = verify(home, capsys)
    assert status == 3
    assert "is damaged" in fault["message"]
    file.unlink()
    status, (fault,) = verify(home, capsys)
    assert status == 3
    assert file.name in fault["what"]
    assert "voxels of job" in fault["message"]


def test_voxels_that_were_dropped_on_purpose_are_not_missed(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    name, file = voxels_of(home)
    with closing(Journal(home.journal, ManualClock())) as journal:
        observations = [
            recorded.event.observation
            for recorded in journal.read(name)
            if isinstance(recorded.event, Observed)
        ]
        artifact = next(
            one
            for observation in observations
            for one in observation.provenance.artifacts.values()
            if one.sha256 in file.name
        )
        dropped = VoxelsDropped(artifacts=(artifact,), size_bytes=artifact.size_bytes)
        journal.append(name, [dropped])
    file.unlink()
    assert verify(home, capsys) == (0, [])


def test_a_damaged_journal_is_told_with_its_place_and_repaired_only_when_agreed(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    change(home, 5)
    status, (fault,) = verify(home, capsys)
    assert status == 3
    assert fault["position"] == 5
    before = home.journal.read_bytes()
    assert exit_status(["repair", "--home", str(home.path)]) == 3
    shown = capsys.readouterr()
    assert "kept: 4 events" in shown.out
    assert "lost position 5" in shown.out
    assert "nothing was changed" in shown.err
    assert home.journal.read_bytes() == before
    assert exit_status(["repair", "--yes", "--home", str(home.path)]) == 0
    assert "the damaged journal is now" in capsys.readouterr().out
    assert verify(home, capsys) == (0, [])
    assert exit_status(["repair", "--home", str(home.path)]) == 0
    assert "nothing is to be repaired" in capsys.readouterr().out


def test_a_backup_of_a_journal_in_use_is_a_home_of_its_own(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "copy"
    with closing(Journal(home.journal, ManualClock())) as journal:
        name = journal.campaigns()[0]
        journal.append(name, [Resumed()])
        assert exit_status(["backup", str(target), "--home", str(home.path)]) == 0
        position = journal.tip.position
        journal.append(name, [Resumed()])
    with JournalReader(target / "journal.db") as copy:
        assert copy.verify().position == position
    assert verify(Home(target), capsys)[0] == 0
    assert exit_status(["backup", str(target), "--home", str(home.path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "home"]


def test_a_backup_of_a_damaged_journal_leaves_nothing_behind(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(home, 5)
    assert exit_status(["backup", str(tmp_path / "copy"), "--home", str(home.path)]) == 3
    assert "damaged at position 5" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
