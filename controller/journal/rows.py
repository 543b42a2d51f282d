"""A row of the journal as SQLite gives it, and the event it holds."""

from __future__ import annotations

from controller.events import Recorded, decode_event

Row = tuple[int, str, int, str, float, bytes, str]
"""Position, campaign, epoch, at, session_s, body and hash."""


def recorded(row: Row) -> Recorded:
    """Return the event of a row. Raises ``Rejected`` where this version cannot read it."""
    position, campaign, epoch, at, session_s, body, digest = row
    return Recorded(position, campaign, epoch, at, session_s, decode_event(body, position), digest)
