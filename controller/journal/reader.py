"""The reading side of the journal: nothing is told from a chain that does not hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from controller.events import Recorded
from controller.journal.connection import connect, reading_mode, sqlite_errors, translated
from controller.journal.hash_chain import Anchor, Row, chain_hash
from controller.journal.head import read_head, refuse_lost
from controller.journal.rows import recorded
from controller.journal.schema import found_schema, select_rows
from experiments.errors import CellwrightError, Invalid, Rejected


class JournalReader:
    """Read the journal, while another process may be writing it."""

    def __init__(
        self, path: Path, *, trusted: Anchor | None = None, is_checked_later: bool = False
    ) -> None:
        """Open for reading, and verify the chain, from ``trusted`` on where the journal holds that.

        Verifying takes 17 µs an event, a third of what reading them takes. ``is_checked_later``
        leaves it to whoever opens: they believe nothing but what ``checked_rows`` gave. Raises
        ``Invalid`` without a journal, ``Rejected`` with the place where it is damaged.
        """
        if not path.is_file():
            raise Invalid(f"{path}: no such journal")
        self._path = path
        self._connection = connect(path, mode=reading_mode(path))
        try:
            self._schema = found_schema(self._connection, path)
            if not self._schema:
                refuse_lost(path)
                raise Invalid(
                    f"{path} holds no journal yet; start a campaign with cellwright run, or name "
                    "another folder with --home DIR"
                )
            self.verified = Anchor() if is_checked_later else self.verify(trusted)
            """The last event of the chain as it was checked when this was opened."""
        except BaseException:
            self.close()
            raise

    def read(self, campaign: str, *, after: int = 0) -> Iterator[Recorded]:
        """Yield a campaign's events past a position, in order."""
        yield from map(recorded, self.rows(campaign, after=after))

    def read_all(self, *, after: int = 0) -> Iterator[Recorded]:
        """Yield the events of every campaign past a position, in order."""
        with sqlite_errors(self._path):
            yield from map(recorded, self._rows_after(after))

    def rows(self, campaign: str, *, after: int = 0) -> Iterator[Row]:
        """Yield a campaign's rows past a position, in order, their bodies as they are stored."""
        statement = select_rows(self._schema, "WHERE position > ? AND campaign = ?")
        with sqlite_errors(self._path):
            for row in self._connection.execute(statement, (after, campaign)):
                yield Row(*row)

    def last(self, campaign: str, n: int, *, until: int) -> tuple[Recorded, ...]:
        """Return a campaign's last events up to a position, in order."""
        statement = select_rows(
            self._schema, "WHERE position <= ? AND campaign = ?", is_backward=True
        )
        with sqlite_errors(self._path):
            rows = self._connection.execute(statement, (until, campaign)).fetchmany(n)
        return tuple(recorded(Row(*row)) for row in reversed(rows))

    def campaigns(self) -> tuple[str, ...]:
        """Return the names of all campaigns, in order of their start."""
        statement = (
            "SELECT campaign FROM events NOT INDEXED GROUP BY campaign ORDER BY min(position)"
        )
        with sqlite_errors(self._path):
            return tuple(str(row[0]) for row in self._connection.execute(statement))

    def last_position(self) -> int:
        """Return the position of the last event, 0 where there is none."""
        with sqlite_errors(self._path):
            (found,) = self._connection.execute("SELECT max(position) FROM events").fetchone()
        return int(found or 0)

    def latest_epoch(self) -> int:
        """Return how often a control process has taken the journal so far."""
        with sqlite_errors(self._path):
            (epoch,) = self._connection.execute("SELECT epoch FROM holder").fetchone()
        return int(epoch)

    def commits(self) -> int:
        """Return a number that is another one once somebody else's events can be read here."""
        with sqlite_errors(self._path):
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)

    def verify(self, trusted: Anchor | None = None) -> Anchor:
        """Check the chain and return its last position and hash.

        It is checked from ``trusted`` on where the journal holds that, else from its first event.
        Raises ``Rejected`` with the first position that is wrong, or missing at the end.
        """
        tip = self._trusted(trusted)
        for row in self.checked_rows(tip):
            tip = Anchor(row.position, row.hash)
        return tip

    def checked_rows(self, trusted: Anchor | None = None) -> Iterator[Row]:
        """Yield the rows of every campaign past ``trusted``, each once it was checked.

        What is to be said of the journal's end is raised there. Raises as ``verify`` does.
        """
        head = read_head(self._path)
        began = tip = self._trusted(trusted)
        at_head = tip if head is not None and head.position == tip.position else None
        epoch = 0
        try:
            for row in self._rows_after(tip.position):
                if row.position != tip.position + 1 or row.hash != chain_hash(tip.hash, row):
                    raise self._damage(tip, "the event's hash does not follow from the one before")
                tip, epoch = Anchor(row.position, row.hash), row.epoch
                if head is not None and head.position == tip.position:
                    at_head = tip
                yield row
            if self.latest_epoch() < epoch:
                raise self._damage(tip, f"its epoch is below {epoch}, which wrote the last event")
        except sqlite3.Error as error:
            raise self._translated(error, tip) from error
        if head is not None and head.position >= began.position:
            self._compare(head, at_head, tip)

    def holds(self, anchor: Anchor) -> bool:
        """Say whether the row at a place has this hash; what is before it is not looked at."""
        if anchor.position == 0:
            return anchor == Anchor()
        statement = "SELECT hash FROM events WHERE position = ?"
        try:
            row = self._connection.execute(statement, (anchor.position,)).fetchone()
        except sqlite3.Error as error:
            raise self._translated(error, Anchor(anchor.position - 1)) from error
        return row is not None and row[0] == anchor.hash

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _trusted(self, anchor: Anchor | None) -> Anchor:
        return anchor if anchor is not None and self.holds(anchor) else Anchor()

    def _rows_after(self, position: int) -> Iterator[Row]:
        statement = select_rows(self._schema, "WHERE position > ?")
        return (Row(*row) for row in self._connection.execute(statement, (position,)))

    def _compare(self, head: Anchor, at_head: Anchor | None, tip: Anchor) -> None:
        """Refuse a journal that went further once; a head that moves meanwhile proves nothing."""
        if at_head == head or read_head(self._path) != head:
            return
        if head.position > tip.position:
            raise self._damage(
                tip,
                f"{self._path.stem}.head says that it went to position {head.position}, and the "
                "events after this one are missing",
            )
        raise self._damage(Anchor(head.position - 1), "it is not the journal its head is of")

    def _translated(self, error: sqlite3.Error, tip: Anchor) -> CellwrightError:
        """Return what SQLite said, with the place where it is about damage."""
        found = translated(error, self._path)
        return self._damage(tip, str(error)) if isinstance(found, Rejected) else found

    def _damage(self, tip: Anchor, reason: str) -> Rejected:
        return Rejected(
            f"{self._path} is damaged at position {tip.position + 1}: {reason}; nothing was "
            "changed; cellwright repair shows what can be kept",
            position=tip.position + 1,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
