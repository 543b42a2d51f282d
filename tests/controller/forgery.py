"""Somebody who can write the home, and knows how a journal is made."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from random import Random

from controller.journal.hash_chain import GENESIS, Row, chain_hash

COLUMNS = "position, campaign, epoch, at, session_s, version, body, hash"
PUT = f"INSERT INTO events ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


@contextlib.contextmanager
def opened(journal: Path) -> Iterator[list[Row]]:
    """Give every row to be changed at will, and store what is left when the block ends."""
    with contextlib.closing(sqlite3.connect(journal)) as connection:
        triggers = list(
            connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        )
        rows = [Row(*row) for row in connection.execute(f"SELECT {COLUMNS} FROM events")]
        yield rows
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DELETE FROM events")
        connection.executemany(PUT, rows)
        for _, statement in triggers:
            connection.execute(statement)
        connection.commit()


def forge(journal: Path, rows: list[Row], start: int) -> None:
    """Make the chain hold from a row on, and the head agree with it."""
    before = rows[start - 1].hash if start else GENESIS
    for n in range(start, len(rows)):
        rows[n] = rows[n]._replace(position=n + 1)
        rows[n] = rows[n]._replace(hash=chain_hash(before, rows[n]))
        before = rows[n].hash
    journal.with_suffix(".head").write_text(f"{len(rows)} {before}".ljust(95) + "\n")


def change(journal: Path, draw: Random, until: int) -> str:
    """Change something of the first rows, as many as ``until``; return what."""
    with opened(journal) as rows:
        n = draw.randrange(until)
        row = rows[n]
        what = draw.choice(["column", "column", "byte", "byte", "cut", "leave out", "twice", "swap",
                            "forge", "forge", "forge without"])  # fmt: skip
        if what in ("byte", "forge"):
            body = bytearray(row.body)
            place = draw.randrange(len(body))
            body[place] = ord("0") + (body[place] + draw.randrange(1, 9)) % 10
            if bytes(body) == row.body:
                body += b" "
            rows[n] = row._replace(body=bytes(body))
        elif what == "column":
            rows[n] = row._replace(**draw.choice(
                [{"campaign": row.campaign + "x"}, {"epoch": row.epoch + 1}, {"hash": "0" * 64},
                 {"at": row.at.replace("20", "21", 1)}, {"session_s": row.session_s + 0.001},
                 {"version": row.version + 1}, {"position": 10**6 + n}]
            ))  # fmt: skip
        elif what == "cut":
            del rows[n:]
        elif what in ("leave out", "forge without"):
            del rows[n]
        elif what == "twice":
            rows.append(row._replace(position=len(rows) + 1))
        elif what == "swap":
            other = (n + 1) % len(rows)
            rows[n] = row._replace(body=rows[other].body)
            rows[other] = rows[other]._replace(body=row.body)
        if what.startswith("forge"):
            forge(journal, rows, n)
        rows.sort()
    return f"{what} at {n + 1}"
