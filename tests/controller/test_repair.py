from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.events import ComputeLost, Interrupted
from controller.home import Home, make_home
from controller.journal import Journal, JournalReader
from controller.repair import plan_repair, repair
from experiments.errors import Invalid, Rejected
from tests.controller.doubles import ManualClock

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home whose journal's fourth event of six was changed."""
    home = make_home(tmp_path / "home")
    with closing(Journal(home.journal, ManualClock())) as journal:
        journal.append("a", [ComputeLost(reason=f"reason {n}") for n in range(6)])
    change(home, 4)
    return home


def change(home: Home, position: int) -> None:
    with closing(sqlite3.connect(home.journal)) as connection:
        query = "SELECT sql FROM sqlite_master WHERE name = 'events_stay'"
        (guard,) = connection.execute(query).fetchone()
        connection.executescript(
            f"DROP TRIGGER events_stay; UPDATE events SET at = 'x' WHERE position = {position};"
            + guard
        )


def test_a_plan_says_what_is_lost_and_changes_nothing(home: Home) -> None:
    before = {path: path.read_bytes() for path in home.path.iterdir() if path.is_file()}
    planned = plan_repair(home)
    assert (planned.n_kept, planned.n_lost) == (3, 3)
    assert [line.split(":")[0] for line in planned.lost] == [f"position {n}" for n in (4, 5, 6)]
    assert "campaign a, compute_lost" in planned.lost[0]
    assert {path: path.read_bytes() for path in home.path.iterdir() if path.is_file()} == before


def test_a_repaired_journal_goes_on_from_its_longest_prefix(home: Home) -> None:
    with pytest.raises(Rejected, match="position 4"):
        JournalReader(home.journal)
    damaged = home.journal.read_bytes()
    done = repair(home, NOW)
    assert done.kept_beside is not None
    assert done.kept_beside.read_bytes() == damaged
    with JournalReader(home.journal) as reader:
        reasons = [recorded.event.reason for recorded in reader.read("a")]  # type: ignore[union-attr]
        assert reasons == ["reason 0", "reason 1", "reason 2"]
    with closing(Journal(home.journal, ManualClock())) as journal:
        assert journal.epoch == 2
        journal.append("a", [Interrupted(reason="x")])
        assert journal.verify().position == 4


def test_a_control_stopped_before_the_repair_can_write_nothing_afterwards(home: Home) -> None:
    repair(home, NOW)
    old = Journal(home.journal, ManualClock())
    old.append("a", [ComputeLost(reason="lost")])
    change(home, 4)
    repair(home, NOW)
    with pytest.raises(Rejected, match="was moved or deleted"):
        old.append("a", [ComputeLost(reason="stale")])
    with closing(Journal(home.journal, ManualClock())) as new:
        assert new.epoch > old.epoch
    old.close()
    assert len(list(home.path.glob("journal.damaged-*.db"))) == 2


def test_events_in_the_log_that_the_file_lacks_are_kept(home: Home, tmp_path: Path) -> None:
    change(home, 4)
    repair(home, NOW)
    with closing(Journal(home.journal, ManualClock())) as journal:
        journal.append("a", [ComputeLost(reason="in the log")])
        log = home.path / "journal.db-wal"
        kept = log.read_bytes()
        main = home.journal.read_bytes()
    home.journal.write_bytes(b"X" + main[1:])
    log.write_bytes(kept)
    done = repair(home, NOW)
    assert done.n_kept == 4
    assert done.n_lost == 0


def test_a_missing_end_is_told_by_the_head(home: Home) -> None:
    repair(home, NOW)
    short = home.journal.read_bytes()
    with closing(Journal(home.journal, ManualClock())) as journal:
        journal.append("a", [ComputeLost(reason="x")] * 2)
    home.journal.write_bytes(short)
    planned = plan_repair(home)
    assert (planned.n_kept, planned.n_lost, planned.lost) == (3, 2, ())
    repair(home, NOW)
    with closing(Journal(home.journal, ManualClock())) as journal:
        assert journal.tip.position == 3


def test_without_a_journal_there_is_nothing_to_repair(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"no journal\.db"):
        plan_repair(make_home(tmp_path / "home"))


def test_a_stale_epoch_stays_stale_though_its_events_are_lost(home: Home) -> None:
    with closing(sqlite3.connect(home.journal)) as connection:
        connection.execute("UPDATE holder SET epoch = 0")
        connection.commit()
    repair(home, NOW)
    with closing(Journal(home.journal, ManualClock())) as journal:
        assert journal.epoch == 2
