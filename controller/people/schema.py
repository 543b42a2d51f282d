"""The tables of people, and one connection to them for all threads of a process."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from experiments.errors import Invalid, Rejected, Transient

SCHEMA: Final = 1
_BUSY_S: Final = 10.0
_TABLES: Final = """
CREATE TABLE people (
    name TEXT PRIMARY KEY,
    is_service INTEGER NOT NULL,
    is_disabled INTEGER NOT NULL DEFAULT 0,
    password TEXT
) STRICT;
CREATE TABLE roles (
    name TEXT NOT NULL REFERENCES people (name),
    campaign TEXT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (name, campaign, role)
) STRICT;
CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL REFERENCES people (name),
    digest TEXT NOT NULL,
    label TEXT NOT NULL,
    made_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    revoked_at TEXT,
    used_at TEXT
) STRICT;
CREATE TABLE sessions (
    digest TEXT PRIMARY KEY,
    name TEXT NOT NULL REFERENCES people (name),
    began_at TEXT NOT NULL,
    seen_at TEXT NOT NULL
) STRICT;
CREATE TABLE attempts (key TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE INDEX attempts_by_key ON attempts (key, at);
CREATE TABLE answers (
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    request TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (name, key)
) STRICT;
CREATE TABLE changes (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    by TEXT NOT NULL,
    words TEXT NOT NULL
) STRICT;
CREATE TRIGGER changes_stay BEFORE UPDATE ON changes
BEGIN SELECT RAISE(ABORT, 'changes are never changed'); END;
CREATE TRIGGER changes_remain BEFORE DELETE ON changes
BEGIN SELECT RAISE(ABORT, 'changes are never deleted'); END;
"""


class Tables:
    """One connection, one statement or transaction at a time."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it for its owner alone.

        Raises ``Invalid`` where others may read it, ``Rejected`` where it is of a newer version.
        """
        self._path = path
        self._lock = threading.RLock()
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise Invalid(f"{path}: {error.strerror}") from error
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise Invalid(f"{path} may be read by others (mode {mode:o}): chmod 600 {path}")
        self._connection = sqlite3.connect(
            path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare()
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise Rejected(f"{path} cannot be read: {error}") from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock; commit at the end, or roll everything back."""
        with self._lock, self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def rows(self, statement: str, *values: object) -> list[tuple[str, ...]]:
        """Return the rows of a question."""
        with self._lock, self._translated():
            return self._connection.execute(statement, values).fetchall()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        with self.transaction() as connection:
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            if found > SCHEMA:
                raise Rejected(f"{self._path} has schema {found}; this version knows {SCHEMA}")
            if found == 0:
                part = ""
                for line in _TABLES.splitlines():
                    part += line + "\n"
                    if sqlite3.complete_statement(part):
                        connection.execute(part)
                        part = ""
                connection.execute(f"PRAGMA user_version = {SCHEMA}")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise Transient(f"{self._path}: {error}") from error
