"""The journal: an append-only, hash-chained event log in SQLite with one writer.

A row's hash covers the hash before it and every stored column, so a changed, missing or inserted
row is seen. Every append checks, within its own transaction, that nobody raised the epoch since:
a control that was stopped and continued after another took over can write nothing.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Self

from controller.clock import Clock
from controller.events import Event, Recorded, decode_event, encode_event
from controller.file_identity import file_identity
from controller.hash_chain import GENESIS, chain_hash
from experiments.errors import HomeInUse, Invalid, Rejected, Transient

SCHEMA: Final = 1
_BUSY_S: Final = 10.0
_TABLES: Final = """
CREATE TABLE holder (one INTEGER PRIMARY KEY CHECK (one = 1), epoch INTEGER NOT NULL) STRICT;
INSERT INTO holder VALUES (1, 0);
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    campaign TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    at TEXT NOT NULL,
    session_s REAL NOT NULL,
    body BLOB NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_campaign ON events (campaign, position);
CREATE TRIGGER events_stay BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_remain BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
"""
_Row = tuple[int, str, int, str, float, bytes, str]


class JournalReader:
    """Read the journal, while another process may be writing it."""

    def __init__(self, path: Path) -> None:
        """Open for reading, and verify the chain: nothing is ever told from a damaged journal.

        That takes 17 µs an event, a third of what reading them takes. Raises ``Invalid`` without a
        journal, ``Rejected`` with the place where it is damaged.
        """
        if not path.is_file():
            raise Invalid(f"{path}: no such journal")
        self._path = path
        self._connection = _connect(path, mode=_reading_mode(path))
        try:
            self._require_tables()
            self.verify()
        except BaseException:
            self.close()
            raise

    def read(self, campaign: str, *, after: int = 0) -> Iterator[Recorded]:
        """Yield a campaign's events past a position, in order."""
        with _sqlite_errors(self._path):
            rows: Iterator[_Row] = self._connection.execute(
                "SELECT * FROM events WHERE campaign = ? AND position > ? ORDER BY position",
                (campaign, after),
            )
            yield from map(_recorded, rows)

    def campaigns(self) -> tuple[str, ...]:
        """Return the names of all campaigns, in order of their start."""
        with _sqlite_errors(self._path):
            rows = self._connection.execute(
                "SELECT campaign FROM events GROUP BY campaign ORDER BY min(position)"
            )
            return tuple(str(row[0]) for row in rows)

    def latest_epoch(self) -> int:
        """Return how often a control process has taken the journal so far."""
        with _sqlite_errors(self._path):
            (epoch,) = self._connection.execute("SELECT epoch FROM holder").fetchone()
        return int(epoch)

    def verify(self) -> tuple[int, str]:
        """Check the whole chain and return its last position and hash.

        Raises ``Rejected`` with the first position that is wrong.
        """
        last, chained = 0, GENESIS
        with _sqlite_errors(self._path):
            for row in self._connection.execute("SELECT * FROM events ORDER BY position"):
                if row[0] != last + 1 or row[6] != chain_hash(chained, row[:6]):
                    raise Rejected(
                        f"{self._path} is damaged at position {last + 1}: the event's hash does "
                        "not follow from the one before; nothing was changed",
                        position=last + 1,
                    )
                last, chained = row[0], row[6]
        return last, chained

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _require_tables(self) -> None:
        if not _schema(self._connection, self._path):
            raise Invalid(
                f"{self._path} holds no journal yet; start a campaign with cellwright run, or name "
                "another folder with --home DIR"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Journal(JournalReader):
    """The one writer. Opening raises the epoch; an append returns when it is on the disk."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Open for writing, making the journal where there is none, and verify the chain."""
        self._path = path
        self._clock = clock
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        self._connection = _connect(path, mode="rw")
        self._identity = file_identity(path)
        with _sqlite_errors(path):
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            with self._transaction():
                self._make_tables()
                self._last, self._chained = self.verify()
                self.epoch = self._raise_epoch()

    def append(
        self,
        campaign: str,
        events: Sequence[Event],
        *,
        accept: Callable[[Sequence[Recorded]], object] = lambda _: None,
    ) -> tuple[Recorded, ...]:
        """Store the events together and return them with their positions.

        ``accept`` sees them first: what it raises keeps an impossible event out of the journal,
        where it would stay for ever. Raises ``HomeInUse`` where another control took over,
        ``Transient`` where the disk refuses, ``Rejected`` where the home was moved or deleted;
        nothing is stored then.
        """
        if not events:
            return ()
        at = self._clock.now().isoformat(timespec="milliseconds")
        session_s = round(self._clock.elapsed_s(), 3)
        last, chained = self._last, self._chained
        rows: list[_Row] = []
        for event in events:
            last += 1
            columns = (last, campaign, self.epoch, at, session_s, encode_event(event))
            chained = chain_hash(chained, columns)
            rows.append((*columns, chained))
        recorded = tuple(
            Recorded(row[0], campaign, self.epoch, at, session_s, event, row[6])
            for row, event in zip(rows, events, strict=True)
        )
        accept(recorded)
        self._check_place()
        with _sqlite_errors(self._path), self._transaction():
            self._check_holder()
            self._connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self._last, self._chained = last, chained
        return recorded

    def _check_place(self) -> None:
        """Refuse to go on writing into a file that nobody will find."""
        if self._identity is None or file_identity(self._path) != self._identity:
            raise Rejected(
                f"{self._path.parent} was moved or deleted while its campaign ran; nothing more is "
                "stored; put it back and give the same command"
            )

    def _check_holder(self) -> None:
        (epoch,) = self._connection.execute("SELECT epoch FROM holder").fetchone()
        if epoch != self.epoch:
            raise HomeInUse(
                f"another control took over {self._path.parent} (epoch {epoch}, ours was "
                f"{self.epoch}); this one writes no more",
                epoch=epoch,
            )

    def _raise_epoch(self) -> int:
        self._connection.execute("UPDATE holder SET epoch = epoch + 1")
        (epoch,) = self._connection.execute("SELECT epoch FROM holder").fetchone()
        return int(epoch)

    def _make_tables(self) -> None:
        if not _schema(self._connection, self._path):
            for statement in _statements(_TABLES):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {SCHEMA}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Hold the write lock from the first statement on; commit, or roll everything back."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise


def check_sqlite() -> str:
    """Return SQLite's version, once it has shown that it can do what a journal needs.

    Raises ``OSError`` where it cannot.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(sqlite3.connect(Path(folder) / "probe.db", isolation_level=None)) as connection,
    ):
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            connection.execute("CREATE TABLE probe (one INTEGER NOT NULL) STRICT")
        except sqlite3.DatabaseError as error:
            raise OSError(f"SQLite {sqlite3.sqlite_version}: {error}") from error
    if mode != "wal":
        raise OSError(f"SQLite {sqlite3.sqlite_version} cannot keep a write-ahead log here")
    return sqlite3.sqlite_version


def _connect(path: Path, *, mode: str) -> sqlite3.Connection:
    with _sqlite_errors(path):
        address = f"{path.absolute().as_uri()}?mode={mode}"
        return sqlite3.connect(address, uri=True, timeout=_BUSY_S, isolation_level=None)


def _reading_mode(path: Path) -> str:
    """Return how to open for reading; where nothing can be written, SQLite keeps no index of a log.

    A journal that was closed in order has no log beside it, and is read as it is.
    """
    log = path.with_name(f"{path.name}-wal")
    has_log = log.exists() and log.stat().st_size > 0
    return "ro" if has_log or os.access(path.parent, os.W_OK) else "ro&immutable=1"


def _schema(connection: sqlite3.Connection, path: Path) -> int:
    """Return the schema, 0 where there are no tables. Raises ``Rejected`` for another one."""
    with _sqlite_errors(path):
        (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found not in (0, SCHEMA):
        raise Rejected(
            f"{path} has schema {found}; this version writes schema {SCHEMA}; use the version that "
            "wrote it",
            schema=found,
        )
    return int(found)


def _recorded(row: _Row) -> Recorded:
    position, campaign, epoch, at, session_s, body, digest = row
    return Recorded(position, campaign, epoch, at, session_s, decode_event(body, position), digest)


def _statements(script: str) -> Iterator[str]:
    """Split a script where SQLite says a statement is complete."""
    part = ""
    for line in script.strip().splitlines():
        part += line + "\n"
        if sqlite3.complete_statement(part):
            yield part
            part = ""


@contextmanager
def _sqlite_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours, with the file's name."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Transient(f"{path}: {error}", sqlite=str(error)) from error
    except sqlite3.DatabaseError as error:
        raise Rejected(f"{path} is damaged: {error}", sqlite=str(error)) from error
