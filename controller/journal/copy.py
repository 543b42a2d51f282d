"""Whole journals in new files: a copy of one that is in use, and one made of given rows."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

from controller.journal.connection import connect, reading_mode, sqlite_errors, transaction
from controller.journal.hash_chain import Anchor, Row
from controller.journal.head import HeadWriter
from controller.journal.migrations import migrate

INSERT = (
    "INSERT INTO events (position, campaign, epoch, at, session_s, version, body, hash) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


def copy_journal(source: Path, target: Path) -> None:
    """Copy a journal as it is at one moment, though a control may be writing it meanwhile.

    Raises ``DiskFull`` where the target's disk takes no more.
    """
    _make_private(target)
    with (
        closing(connect(source, mode=reading_mode(source))) as read,
        closing(connect(target, mode="rw")) as write,
        sqlite_errors(target),
    ):
        read.backup(write)
        write.execute("PRAGMA journal_mode = WAL")


def write_journal(target: Path, rows: Iterable[Row], *, epoch: int = 0) -> Anchor:
    """Make a journal of rows that are a whole chain, and return its end.

    ``epoch`` is the least that the next control must exceed.
    """
    _make_private(target)
    tip = Anchor()
    with closing(connect(target, mode="rw")) as connection, sqlite_errors(target):
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        with transaction(connection):
            migrate(connection, 0, tip=tip, at="", program=version("cellwright"))
            for row in rows:
                connection.execute(INSERT, row)
                tip, epoch = Anchor(row.position, row.hash), max(epoch, row.epoch)
            connection.execute("UPDATE holder SET epoch = ?", (epoch,))
    head = HeadWriter(target)
    head.write(tip)
    head.close()
    return tip


def integrity_faults(path: Path) -> list[str]:
    """Return what SQLite finds wrong with the file's structure, which no chain covers."""
    with closing(connect(path, mode=reading_mode(path))) as connection:
        try:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)")]
        except sqlite3.DatabaseError as error:
            return [str(error)]
    return [] if found == ["ok"] else [line for text in found for line in text.splitlines()]


def _make_private(path: Path) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
