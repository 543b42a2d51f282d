"""The event that a row holds, whatever format its body has."""

from __future__ import annotations

from typing import Final

from controller.events import Recorded, decode_event
from controller.journal.hash_chain import Row
from controller.journal.upcasts import BODY_VERSION, present_body

_KIND: Final = b'{"kind":"'


def recorded(row: Row) -> Recorded:
    """Return the event of a row. Raises ``Rejected`` where this version cannot read it."""
    event = decode_event(present_body(row.body, row.version, row.position), row.position)
    return Recorded(row.position, row.campaign, row.epoch, row.at, row.session_s, event, row.hash)


def kind_of_row(row: Row) -> str | None:
    """Return what kind of event a row holds, without decoding it; None where that cannot be told.

    Bodies are written with their kind first; those of older formats are not looked into.
    """
    if row.version != BODY_VERSION or not row.body.startswith(_KIND):
        return None
    end = row.body.find(b'"', len(_KIND))
    return row.body[len(_KIND) : end].decode(errors="replace") if end > 0 else None
