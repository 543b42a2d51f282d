"""What of a damaged journal can still be believed: the longest prefix of its chain.

Every cell of the file that looks like an event is a candidate for its position; the one whose hash
follows from the hash before it is that event, wherever in the file it was found.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from controller.journal.hash_chain import Anchor, Row, chain_hash
from controller.journal.sqlite_file import SqliteFile, Value


class Salvage:
    """The events of a damaged journal."""

    def __init__(self, path: Path) -> None:
        """Read the file and the log beside it; neither is changed."""
        self._file = SqliteFile(path)
        self._cells: dict[int, list[bytes]] = {}
        for rowid, cell in self._file.cells():
            self._cells.setdefault(rowid, []).append(cell)

    def prefix(self) -> Iterator[Row]:
        """Yield the events from the first one on, as long as the chain holds."""
        tip = Anchor()
        while (row := self._next(tip)) is not None:
            yield row
            tip = Anchor(row.position, row.hash)

    def beyond(self, tip: Anchor) -> list[Row]:
        """Return what can still be read past the prefix: nothing vouches for it."""
        found = []
        for position in sorted(number for number in self._cells if number > tip.position):
            rows = list(self._candidates(position))
            if rows:
                found.append(rows[-1])
        return found

    def _next(self, tip: Anchor) -> Row | None:
        for row in self._candidates(tip.position + 1):
            if row.hash == chain_hash(tip.hash, row):
                return row
        return None

    def _candidates(self, position: int) -> Iterator[Row]:
        for cell in self._cells.get(position, []):
            for values in self._file.records(cell):
                row = _row(position, values)
                if row is not None:
                    yield row


def _row(position: int, values: list[Value]) -> Row | None:
    """Return a record as an event's row, or None where it is of another table."""
    if len(values) not in (7, 8):
        return None
    _, campaign, epoch, at, session_s, body, digest = values[:7]
    version = values[7] if len(values) == 8 else 1
    if (
        isinstance(campaign, str)
        and isinstance(epoch, int)
        and isinstance(at, str)
        and isinstance(session_s, int | float)
        and isinstance(body, bytes)
        and isinstance(digest, str)
        and isinstance(version, int)
    ):
        return Row(position, campaign, epoch, at, float(session_s), version, body, digest)
    return None
