"""Which schema a journal's file has, and how its rows are read."""

from __future__ import annotations

import functools
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from controller.journal.connection import sqlite_errors, statements
from controller.journal.migrations import SCHEMA, STEPS
from experiments.errors import Rejected

_COLUMNS: Final = {
    1: "position, campaign, epoch, at, session_s, 1, body, hash",
    2: "position, campaign, epoch, at, session_s, version, body, hash",
}
_SHAPE: Final = "SELECT name, sql FROM sqlite_master ORDER BY name"


def found_schema(connection: sqlite3.Connection, path: Path) -> int:
    """Return the schema, 0 where there are no tables.

    Raises ``Rejected`` for a newer one, and where the tables are not those of the schema.
    """
    with sqlite_errors(path):
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        shape = _shape(connection)
    if found > SCHEMA or found < 0:
        raise Rejected(
            f"{path} has schema {found}; this version knows schemas up to {SCHEMA}; use the "
            "version that wrote it",
            schema=found,
        )
    if shape != _expected(found):
        raise Rejected(
            f"{path} is damaged at position 0: its tables are not those of schema {found}; nothing "
            "was changed; cellwright repair shows what can be kept",
            position=0,
        )
    return int(found)


def select_rows(schema: int, condition: str = "", *, is_backward: bool = False) -> str:
    """Return the statement that reads rows in order of position, without the help of an index."""
    order = "position DESC" if is_backward else "position"
    return f"SELECT {_COLUMNS[schema]} FROM events NOT INDEXED {condition} ORDER BY {order}"  # noqa: S608 - constants only


def _shape(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    return [(name, " ".join((sql or "").split())) for name, sql in connection.execute(_SHAPE)]


@functools.cache
def _expected(schema: int) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        for step in STEPS[:schema]:
            for statement in statements(step):
                connection.execute(statement)
        return _shape(connection)
