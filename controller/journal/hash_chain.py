"""The hash chain over the journal's rows: what each row's hash covers."""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

GENESIS: Final = "0" * 64
"""What stands before the first row."""


class Row(NamedTuple):
    """A row of the journal, as SQLite gives it."""

    position: int
    campaign: str
    epoch: int
    at: str
    session_s: float
    version: int
    """Of the body's format."""
    body: bytes
    hash: str


class Anchor(NamedTuple):
    """A place in the chain: a position and the hash of the row there."""

    position: int = 0
    hash: str = GENESIS


def chain_hash(before: str, row: Row) -> str:
    """Return what a row's hash must be after the hash ``before`` it; its own is not looked at.

    It covers every other column. Bodies of the first format were hashed before formats had a
    number, so theirs is left out; any other number is covered.
    """
    head = (
        f"{before}\n{row.position!r}\n{row.campaign!r}\n{row.epoch!r}\n{row.at!r}\n"
        f"{row.session_s!r}\n"
    )
    if row.version != 1:
        head += f"{row.version!r}\n"
    body = row.body if isinstance(row.body, bytes) else repr(row.body).encode()
    return hashlib.sha256(head.encode(errors="backslashreplace") + body).hexdigest()
