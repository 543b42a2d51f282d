"""The event that a row holds, whatever format its body has."""

from __future__ import annotations

from controller.events import Recorded, decode_event
from controller.journal.hash_chain import Row
from controller.journal.upcasts import present_body


def recorded(row: Row) -> Recorded:
    """Return the event of a row. Raises ``Rejected`` where this version cannot read it."""
    event = decode_event(present_body(row.body, row.version, row.position), row.position)
    return Recorded(row.position, row.campaign, row.epoch, row.at, row.session_s, event, row.hash)
