"""The journal's tables, and which schema a file has."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from controller.journal.connection import sqlite_errors, statements
from experiments.errors import Rejected

SCHEMA: Final = 1
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


def found_schema(connection: sqlite3.Connection, path: Path) -> int:
    """Return the schema, 0 where there are no tables. Raises ``Rejected`` for another one."""
    with sqlite_errors(path):
        (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found not in (0, SCHEMA):
        raise Rejected(
            f"{path} has schema {found}; this version writes schema {SCHEMA}; use the version that "
            "wrote it",
            schema=found,
        )
    return int(found)


def make_tables(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty file, within the caller's transaction."""
    for statement in statements(_TABLES):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA}")
