from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from controller.events import Resumed
from controller.fold import fold
from controller.journal import Journal, JournalReader
from controller.journal.connection import statements, transaction
from controller.journal.hash_chain import Anchor
from controller.journal.migrations import SCHEMA, STEPS, migrate
from controller.journal.schema import found_schema
from experiments.errors import Rejected
from tests.controller.doubles import ManualClock

FIXTURES = Path(__file__).parent / "fixtures"
"""Journals that older versions wrote: one campaign in two sessions. They are never written anew."""


@pytest.fixture(params=range(1, SCHEMA))
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a journal of an older schema."""
    path = tmp_path / "journal.db"
    shutil.copy(FIXTURES / f"schema_{request.param}.db", path)
    return path


def test_an_old_journal_is_read_without_being_changed(old: Path) -> None:
    before = old.read_bytes()
    with JournalReader(old) as reader:
        assert reader.campaigns() == ("small",)
        assert reader.verify().position == 33
        state = fold(reader.read("small"))
    assert state is not None
    assert state.phase == "finished"
    assert old.read_bytes() == before


def test_a_migrated_journal_has_the_same_chain_and_the_same_events(old: Path) -> None:
    with JournalReader(old) as reader:
        tip, events = reader.verify(), list(reader.read("small"))
    with closing(Journal(old, ManualClock())) as journal:
        assert journal.tip == tip
        assert list(journal.read("small")) == events
        journal.append("small", [Resumed()])
    with JournalReader(old) as reader:
        assert reader.verify().position == tip.position + 1
        assert list(reader.read("small"))[:-1] == events
    with closing(sqlite3.connect(old)) as connection:
        (row,) = connection.execute("SELECT to_schema, position, hash FROM migrations").fetchall()
        assert row == (SCHEMA, *tip)


def test_a_journal_is_migrated_once(old: Path) -> None:
    for _ in range(2):
        Journal(old, ManualClock()).close()
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("SELECT count(*) FROM migrations").fetchone() == (1,)


def test_a_damaged_old_journal_is_not_migrated(old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection:
        (guard,) = connection.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'events_stay'"
        ).fetchone()
        connection.executescript(
            "DROP TRIGGER events_stay; UPDATE events SET at = 'x' WHERE position = 5;" + guard
        )
    with pytest.raises(Rejected, match="damaged at position 5"):
        Journal(old, ManualClock())
    with closing(sqlite3.connect(old)) as connection:
        assert found_schema(connection, old) < SCHEMA


def test_a_migration_cut_off_anywhere_leaves_the_old_schema(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    shutil.copy(FIXTURES / "schema_1.db", path)
    n_statements = sum(len(list(statements(step))) for step in STEPS[1:])
    for n in range(n_statements):
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            found = found_schema(connection, path)
            with pytest.raises(KeyboardInterrupt), transaction(connection):
                migrate(_Stopping(connection, n), found, tip=Anchor(), at="", program="")  # type: ignore[arg-type]
            assert found_schema(connection, path) == 1
    with JournalReader(path) as reader:
        assert reader.verify().position == 33


class _Stopping:
    """A connection that is interrupted after so many statements."""

    def __init__(self, connection: sqlite3.Connection, n: int) -> None:
        self.connection, self.n = connection, n

    def execute(self, *arguments: object) -> object:
        if self.n == 0:
            raise KeyboardInterrupt
        self.n -= 1
        return self.connection.execute(*arguments)  # type: ignore[arg-type]


def test_there_is_a_fixture_of_every_older_schema() -> None:
    assert {path.stem for path in FIXTURES.glob("*.db")} == {
        f"schema_{n}" for n in range(1, SCHEMA)
    }


def test_a_schema_number_that_was_changed_is_seen(old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA}")
    with pytest.raises(Rejected, match="its tables are not those of schema"):
        JournalReader(old)
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("PRAGMA user_version = 0")
    with pytest.raises(Rejected, match="its tables are not those of schema 0"):
        Journal(old, ManualClock())
