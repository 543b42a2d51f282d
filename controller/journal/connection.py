"""Connections to the journal's file, and SQLite's errors in our words."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from experiments.errors import CellwrightError, DiskFull, Rejected, Transient

_BUSY_S: Final = 10.0
_NO_ROOM: Final = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_DIR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_SHMOPEN,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_SHMMAP,
}
_UNREADABLE: Final = {
    None,
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_IOERR_READ,
    sqlite3.SQLITE_IOERR_SHORT_READ,
    sqlite3.SQLITE_FORMAT,
}
"""``SQLITE_ERROR`` among them: our statements are right, so a file they do not fit is wrong. None:
a text that is no UTF-8."""


def connect(path: Path, *, mode: str) -> sqlite3.Connection:
    """Return a connection without implicit transactions; ``mode`` is that of SQLite's URIs."""
    with sqlite_errors(path):
        address = f"{path.absolute().as_uri()}?mode={mode}"
        return sqlite3.connect(address, uri=True, timeout=_BUSY_S, isolation_level=None)


def reading_mode(path: Path) -> str:
    """Return how to open for reading; where nothing can be written, SQLite keeps no index of a log.

    A journal that was closed in order has no log beside it, and is read as it is.
    """
    log = path.with_name(f"{path.name}-wal")
    has_log = log.exists() and log.stat().st_size > 0
    return "ro" if has_log or os.access(path.parent, os.W_OK) else "ro&immutable=1"


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the write lock from the first statement on; commit, or roll everything back."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours, with the file's name."""
    try:
        yield
    except sqlite3.Error as error:
        raise translated(error, path) from error


def translated(error: sqlite3.Error, path: Path) -> CellwrightError:
    """Return what an error of SQLite means to us.

    A write that the disk refused (no room, or an I/O error while writing, which is how a full disk
    looks through a memory map) may succeed later; SQLite has rolled it back.
    """
    code = getattr(error, "sqlite_errorcode", None)
    if code in _NO_ROOM:
        return DiskFull(f"{path}: {error}", sqlite=str(error))
    if code in _UNREADABLE or not isinstance(error, sqlite3.OperationalError):
        return Rejected(
            f"{path} is damaged at position 0 (its structure): {error}; cellwright repair shows "
            "what can be kept",
            position=0,
        )
    if code is not None and code & 0xFF == sqlite3.SQLITE_BUSY:
        return Transient(
            f"{path}: a process holds it in the midst of a write and does not go on, perhaps "
            "because it was stopped; end that process (kill -9) and give the same command"
        )
    return Transient(f"{path}: {error}", sqlite=str(error))


def statements(script: str) -> Iterator[str]:
    """Split a script where SQLite says a statement is complete."""
    part = ""
    for line in script.strip().splitlines():
        part += line + "\n"
        if sqlite3.complete_statement(part):
            yield part
            part = ""


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
