"""The hash chain over the journal's rows: what each row's hash covers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

GENESIS: Final = "0" * 64
"""What stands before the first row."""


def chain_hash(before: str, columns: Sequence[int | str | float | bytes]) -> str:
    """Return the hash of a row's columns, the body last, after the hash ``before`` it."""
    *words, body = columns
    assert isinstance(body, bytes)
    head = "\n".join([before, *(repr(word) for word in words), ""])
    return hashlib.sha256(head.encode() + body).hexdigest()
