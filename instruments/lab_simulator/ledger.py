"""The simulated lab's memory: builds, stations' work, files and stock, in one SQLite file.

``coatings`` is the oracle for "built once": one row for every coating that was ever started,
append-only, whatever the front desk has forgotten since.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from experiments.build import SignedBuild
from experiments.build_status import AsBuilt, BuildState
from instruments.lab_simulator.schedule import Task

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS builds (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL, payload_sha256 TEXT NOT NULL, body TEXT NOT NULL,
  accepted_s REAL NOT NULL, aborted_s REAL, reason TEXT, made TEXT,
  is_forgotten INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX IF NOT EXISTS one_build ON builds (id) WHERE is_forgotten = 0;
CREATE TABLE IF NOT EXISTS coatings (
  number INTEGER PRIMARY KEY, build_id TEXT NOT NULL, payload_sha256 TEXT NOT NULL,
  person TEXT NOT NULL, epoch INTEGER NOT NULL, at_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS tasks (
  build INTEGER NOT NULL, station TEXT NOT NULL, slot INTEGER NOT NULL, cell INTEGER,
  starts_s REAL NOT NULL, ends_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS files (
  build INTEGER NOT NULL, cell INTEGER NOT NULL, name TEXT NOT NULL, is_ok INTEGER NOT NULL,
  reason TEXT, as_built TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (build, cell));
CREATE TABLE IF NOT EXISTS notices (
  sequence INTEGER PRIMARY KEY, build_id TEXT NOT NULL, state TEXT NOT NULL);
"""


@dataclass(frozen=True)
class KnownBuild:
    """One build as the front desk has it."""

    number: int
    build: SignedBuild
    accepted_s: float
    aborted_s: float | None
    reason: str | None
    coating: AsBuilt | None
    """Measured once the cells are made."""


@dataclass(frozen=True)
class MadeFile:
    """What a cell gave, with everything the lab measured on it."""

    cell: int
    name: str
    content: bytes
    is_ok: bool
    reason: str | None
    as_built: AsBuilt


class Ledger:
    """One writer, one file; every method is one transaction."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @property
    def newest_epoch(self) -> int:
        """Return the highest epoch of control ever seen; it outlives amnesia."""
        return int(self.number("epoch"))

    def number(self, key: str, default: float = 0.0) -> float:
        """Return a kept number."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return default if row is None else float(row[0])

    def keep_number(self, key: str, value: float) -> None:
        """Keep a number under a key."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, repr(value)))

    def accept(self, build: SignedBuild, at_s: float, tasks: tuple[Task, ...]) -> KnownBuild:
        """Write a new build, its coating and its work, all or nothing."""
        named, person = build.build, build.payload.decision.person
        with self._transaction():
            cursor = self._db.execute(
                "INSERT INTO builds (id, payload_sha256, body, accepted_s) VALUES (?, ?, ?, ?)",
                (named.id, named.payload_sha256, build.model_dump_json(), at_s),
            )
            number = int(cursor.lastrowid or 0)
            self._db.execute(
                "INSERT INTO coatings (build_id, payload_sha256, person, epoch, at_s)"
                " VALUES (?, ?, ?, ?, ?)",
                (named.id, named.payload_sha256, person, build.signature.epoch, at_s),
            )
            self._db.executemany(
                "INSERT INTO tasks VALUES (?, ?, ?, ?, ?, ?)",
                [(number, t.station, t.slot, t.cell, t.starts_s, t.ends_s) for t in tasks],
            )
            newest = max(self.newest_epoch, build.signature.epoch)
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('epoch', ?)", (str(newest),))
        self.notify(named.id, BuildState.queued)
        return KnownBuild(number, build, at_s, None, None, None)

    def find(self, build_id: str) -> KnownBuild | None:
        """Return a build the front desk remembers."""
        found = self._read("id = ?", build_id)
        return found[0] if found else None

    def builds(self) -> list[KnownBuild]:
        """Return every build the front desk remembers, in order of acceptance."""
        return self._read("1 = ?", 1)

    def abort(self, number: int, at_s: float, reason: str) -> None:
        """Note that a build was stopped; the first time counts."""
        self._db.execute(
            "UPDATE builds SET aborted_s = ?, reason = ? WHERE number = ? AND aborted_s IS NULL",
            (at_s, reason, number),
        )

    def forget_all(self) -> None:
        """Lose the front desk's book, as after a restart with amnesia; coatings stay."""
        self._db.execute("UPDATE builds SET is_forgotten = 1")

    def tasks(self, number: int | None = None) -> list[Task]:
        """Return the work of one build, or of all that are neither forgotten nor aborted."""
        where = (
            "build IN (SELECT number FROM builds WHERE is_forgotten = 0 AND aborted_s IS NULL)"
            if number is None
            else "build = ?"
        )
        rows = self._db.execute(
            f"SELECT station, slot, cell, starts_s, ends_s FROM tasks WHERE {where}"  # noqa: S608
            " ORDER BY starts_s, rowid",
            () if number is None else (number,),
        )
        return [Task(*row) for row in rows]

    def keep_cells(self, number: int, coating: AsBuilt, files: tuple[MadeFile, ...]) -> None:
        """Write what the cells of a build are and gave."""
        with self._transaction():
            self._db.execute(
                "UPDATE builds SET made = ? WHERE number = ?", (coating.model_dump_json(), number)
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (number, f.cell, f.name, f.is_ok, f.reason, f.as_built.model_dump_json(),
                     f.content)
                    for f in files
                ],
            )  # fmt: skip

    def files(self, number: int) -> list[MadeFile]:
        """Return what the cells of a build gave, in order of the cells."""
        rows = self._db.execute(
            "SELECT cell, name, content, is_ok, reason, as_built FROM files WHERE build = ?"
            " ORDER BY cell",
            (number,),
        )
        return [
            MadeFile(cell, name, content, bool(ok), reason, AsBuilt.model_validate_json(as_built))
            for cell, name, content, ok, reason, as_built in rows
        ]

    def coatings(self) -> list[tuple[str, str]]:
        """Return build id and payload hash of every coating ever started: the oracle."""
        return list(self._db.execute("SELECT build_id, payload_sha256 FROM coatings"))

    def notify(self, build_id: str, state: BuildState) -> None:
        """Add a notice for whoever listens."""
        self._db.execute("INSERT INTO notices (build_id, state) VALUES (?, ?)", (build_id, state))

    def notices(self, after: int) -> list[tuple[int, str, str]]:
        """Return at most 500 notices beyond a sequence number."""
        return list(
            self._db.execute(
                "SELECT sequence, build_id, state FROM notices WHERE sequence > ?"
                " ORDER BY sequence LIMIT 500",
                (after,),
            )
        )

    def _read(self, where: str, value: object) -> list[KnownBuild]:
        rows = self._db.execute(
            "SELECT number, body, accepted_s, aborted_s, reason, made FROM builds"  # noqa: S608
            f" WHERE is_forgotten = 0 AND {where} ORDER BY number",
            (value,),
        )
        return [
            KnownBuild(
                number,
                SignedBuild.model_validate_json(body),
                accepted_s,
                aborted_s,
                reason,
                None if made is None else AsBuilt.model_validate_json(made),
            )
            for number, body, accepted_s, aborted_s, reason, made in rows
        ]

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


class _Transaction:
    """Begin at once, commit at the end, roll back on any exception."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")
