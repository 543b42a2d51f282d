from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from controller.events import ComputeLost, Event, Interrupted
from controller.journal import Journal, JournalReader
from controller.journal.connection import reading_mode
from experiments.errors import HomeInUse, Invalid, Rejected, Transient
from tests.controller.doubles import ManualClock


def losses(n: int) -> list[Event]:
    return [ComputeLost(reason=f"reason {i}") for i in range(n)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def test_what_was_appended_is_read_back_in_order_by_campaign(path: Path) -> None:
    journal = Journal(path, ManualClock())
    journal.append("a", losses(2))
    journal.append("b", losses(1))
    stored = journal.append("a", [Interrupted(reason="asked")])
    assert [recorded.position for recorded in journal.read("a")] == [1, 2, 4]
    assert list(journal.read("a", after=2)) == list(stored)
    assert journal.campaigns() == ("a", "b")


def test_the_file_is_for_its_owner_alone(path: Path) -> None:
    journal = Journal(path, ManualClock())
    journal.append("a", losses(1))
    for name in ("journal.db", "journal.db-wal", "journal.db-shm"):
        assert stat.S_IMODE((path.parent / name).stat().st_mode) == 0o600


def test_a_reader_follows_a_writer_that_is_still_open(path: Path) -> None:
    journal = Journal(path, ManualClock())
    with JournalReader(path) as reader:
        journal.append("a", losses(3))
        assert len(list(reader.read("a"))) == 3
        journal.append("a", losses(1))
        assert len(list(reader.read("a", after=3))) == 1
        assert reader.verify().position == 4


def test_a_reader_opens_what_no_writer_holds(path: Path) -> None:
    journal = Journal(path, ManualClock())
    journal.append("a", losses(3))
    journal.close()
    with JournalReader(path) as reader:
        assert len(list(reader.read("a"))) == 3


def test_a_reader_cannot_write(path: Path) -> None:
    Journal(path, ManualClock()).close()
    with JournalReader(path) as reader, pytest.raises(sqlite3.OperationalError):
        reader._connection.execute("UPDATE holder SET epoch = 9")


def test_reading_a_journal_that_is_not_there_is_an_error(path: Path) -> None:
    with pytest.raises(Invalid, match="no such journal"):
        JournalReader(path)
    assert not path.exists()


def test_the_chain_goes_on_after_reopening(path: Path) -> None:
    first = Journal(path, ManualClock())
    first.append("a", losses(2))
    first.close()
    second = Journal(path, ManualClock())
    assert second.epoch == first.epoch + 1
    second.append("a", losses(2))
    assert second.verify()[0] == 4


def test_a_writer_whose_epoch_is_past_can_append_nothing(path: Path) -> None:
    old = Journal(path, ManualClock())
    old.append("a", losses(1))
    new = Journal(path, ManualClock())
    with pytest.raises(HomeInUse, match="took over"):
        old.append("a", losses(1))
    new.append("a", losses(1))
    assert new.verify()[0] == 2


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE events SET body = CAST(body || ' ' AS BLOB) WHERE position = 2",
        "UPDATE events SET campaign = 'b' WHERE position = 2",
        "UPDATE events SET at = '2000-01-01' WHERE position = 2",
        "UPDATE events SET epoch = 7 WHERE position = 2",
        "UPDATE events SET session_s = 7.5 WHERE position = 2",
        "DELETE FROM events WHERE position = 2",
    ],
)
def test_a_changed_or_missing_event_is_named_by_its_position(path: Path, damage: str) -> None:
    journal = Journal(path, ManualClock())
    journal.append("a", losses(4))
    journal.close()
    with sqlite3.connect(path) as connection:
        triggers = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        guards = connection.execute(triggers).fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(damage)
        for _, statement in guards:
            connection.execute(statement)
    connection.close()
    for opened in (lambda: Journal(path, ManualClock()), lambda: JournalReader(path)):
        with pytest.raises(Rejected, match="damaged at position 2") as caught:
            opened()
        assert "\n" not in caught.value.message


def test_a_journal_without_its_guards_is_refused(path: Path) -> None:
    Journal(path, ManualClock()).close()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER events_stay")
    connection.close()
    for opened in (lambda: Journal(path, ManualClock()), lambda: JournalReader(path)):
        with pytest.raises(Rejected, match="its tables are not those of schema"):
            opened()


def test_an_epoch_that_went_back_is_damage(path: Path) -> None:
    Journal(path, ManualClock()).close()
    with closing(Journal(path, ManualClock())) as journal:
        journal.append("a", losses(1))
        journal._connection.execute("UPDATE holder SET epoch = 1")
        with pytest.raises(Rejected, match="position 2: its epoch is below 2"):
            journal.verify()


def test_a_journal_whose_end_is_missing_is_refused_with_the_place(path: Path) -> None:
    with closing(Journal(path, ManualClock())) as journal:
        journal.append("a", losses(2))
    shorter = path.read_bytes()
    with closing(Journal(path, ManualClock())) as journal:
        journal.append("a", losses(2))
    path.write_bytes(shorter)
    for opened in (lambda: Journal(path, ManualClock()), lambda: JournalReader(path)):
        with pytest.raises(Rejected, match=r"position 3: journal\.head says .* position 4"):
            opened()


def test_a_journal_that_is_gone_is_not_begun_anew(path: Path) -> None:
    with closing(Journal(path, ManualClock())) as journal:
        journal.append("a", losses(2))
    path.unlink()
    with pytest.raises(Rejected, match=r"is gone, and journal\.head says .* 2 events"):
        Journal(path, ManualClock())
    assert not path.exists()


def test_a_journal_that_was_emptied_is_not_begun_anew(path: Path) -> None:
    with closing(Journal(path, ManualClock())) as journal:
        journal.append("a", losses(2))
    path.write_bytes(b"")
    for opened in (lambda: Journal(path, ManualClock()), lambda: JournalReader(path)):
        with pytest.raises(Rejected, match=r"is empty, and journal\.head says .* 2 events"):
            opened()
        assert path.stat().st_size == 0


def test_another_journal_in_its_place_is_seen(path: Path) -> None:
    with closing(Journal(path, ManualClock())) as journal:
        journal.append("a", losses(2))
    other = path.parent / "other.db"
    with closing(Journal(other, ManualClock())) as journal:
        journal.append("b", losses(3))
    other.replace(path)
    with pytest.raises(Rejected, match="not the journal its head is of"):
        JournalReader(path)


def test_an_old_or_unreadable_head_is_a_weaker_witness_and_no_obstacle(path: Path) -> None:
    head = path.with_suffix(".head")
    with closing(Journal(path, ManualClock())) as journal:
        journal.append("a", losses(1))
        old = head.read_bytes()
        journal.append("a", losses(1))
    for content in (old, b"", b"nonsense\n"):
        head.write_bytes(content)
        JournalReader(path).close()
    head.unlink()
    JournalReader(path).close()


def test_an_empty_file_is_a_journal_to_begin_with_and_none_to_read(path: Path) -> None:
    path.touch()
    with pytest.raises(Invalid, match="holds no journal yet"):
        JournalReader(path)
    Journal(path, ManualClock()).close()
    JournalReader(path).close()


def test_events_can_be_neither_changed_nor_deleted_by_sql(path: Path) -> None:
    journal = Journal(path, ManualClock())
    journal.append("a", losses(1))
    for statement in ("UPDATE events SET epoch = 3", "DELETE FROM events"):
        with pytest.raises(sqlite3.IntegrityError):
            journal._connection.execute(statement)


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(Rejected, match="damaged"):
        Journal(path, ManualClock())
    assert path.read_bytes() == b"not a database" * 100


def test_a_newer_schema_is_refused(path: Path) -> None:
    Journal(path, ManualClock()).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    for opened in (lambda: Journal(path, ManualClock()), lambda: JournalReader(path)):
        with pytest.raises(Rejected, match="schema 99"):
            opened()


def test_a_full_disk_stores_nothing_and_a_later_append_goes_on(path: Path) -> None:
    journal = Journal(path, ManualClock())
    journal.append("a", losses(1))
    (pages,) = journal._connection.execute("PRAGMA page_count").fetchone()
    journal._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(Transient, match="full"):
        journal.append("a", [Interrupted(reason="x" * 1_000_000)])
    journal._connection.execute("PRAGMA max_page_count = 1000000")
    journal.append("a", losses(1))
    assert journal.verify()[0] == 2


def test_what_is_not_accepted_is_not_stored(path: Path) -> None:
    journal = Journal(path, ManualClock())
    journal.append("a", losses(1))

    def refuse(recorded: object) -> None:
        raise ValueError("impossible")

    with pytest.raises(ValueError, match="impossible"):
        journal.append("a", losses(2), accept=refuse)
    journal.append("a", losses(1))
    assert journal.verify()[0] == 2


def test_a_journal_on_a_read_only_disk_is_read_as_it_was_closed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Journal(path, ManualClock())) as journal:
        journal.append("a", losses(2))
        monkeypatch.setattr("os.access", lambda *_: False)
        assert reading_mode(path) == "ro"  # its log beside it holds events
    assert reading_mode(path) == "ro&immutable=1"
    before = sorted(path.parent.iterdir())
    with JournalReader(path) as reader:
        assert len(list(reader.read("a"))) == 2
        assert sorted(path.parent.iterdir()) == before


def test_a_home_that_was_moved_away_gets_no_more_events_and_goes_on_when_it_is_back(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    journal = Journal(home / "journal.db", ManualClock())
    journal.append("a", losses(2))
    home.rename(tmp_path / "elsewhere")
    with pytest.raises(Rejected, match="home was moved or deleted while its campaign ran"):
        journal.append("a", losses(1))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "journal.db").touch()
    with pytest.raises(Rejected, match="was moved or deleted"):
        journal.append("a", losses(1))
    with JournalReader(tmp_path / "elsewhere" / "journal.db") as reader:
        assert len(list(reader.read("a"))) == 2
    (home / "journal.db").unlink()
    home.rmdir()
    home.touch()
    with pytest.raises(Rejected, match="was moved or deleted"):
        journal.append("a", losses(1))
    home.unlink()
    (tmp_path / "elsewhere").rename(home)
    journal.append("a", losses(1))
    assert journal.verify()[0] == 3
