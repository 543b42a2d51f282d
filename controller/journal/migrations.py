"""How a journal of an older schema becomes one of the present schema, step by step.

A new journal is made by the same steps, so that both end with the same tables. Steps add and drop
tables, columns and indexes; none touches what a row's hash covers, so the chain is the same before
and after, and what is in a body is never rewritten (``upcasts`` reads old ones).
"""

from __future__ import annotations

import sqlite3
from typing import Final

from controller.journal.connection import statements
from controller.journal.hash_chain import Anchor

STEPS: Final = (
    # 1: one row for the epoch, one for every event.
    """
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
""",
    # 2: bodies have a format; an index, which no hash covers, can no longer hide an event; and what
    # was migrated, when and by which program, is kept.
    """
DROP INDEX events_by_campaign;
ALTER TABLE events ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
CREATE TABLE migrations (
    to_schema INTEGER PRIMARY KEY,
    position INTEGER NOT NULL,
    hash TEXT NOT NULL,
    at TEXT NOT NULL,
    program TEXT NOT NULL
) STRICT;
""",
)
"""The n-th step leads to schema n."""
SCHEMA: Final = len(STEPS)


def migrate(
    connection: sqlite3.Connection, found: int, *, tip: Anchor, at: str, program: str
) -> None:
    """Take every step past schema ``found``, within the caller's transaction.

    ``tip`` is the end of the chain, which stays where it is.
    """
    for schema in range(found + 1, SCHEMA + 1):
        for statement in statements(STEPS[schema - 1]):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA}")
    if 0 < found < SCHEMA:
        row = (SCHEMA, tip.position, tip.hash, at, program)
        connection.execute("INSERT INTO migrations VALUES (?, ?, ?, ?, ?)", row)
