"""The head: a small file beside the journal that says how far it went.

A log cut short is a shorter log without a fault in it; SQLite opens it and says nothing. Whoever
reads ``journal.head`` sees that the end is missing. It is written in place after every commit
without waiting for the disk: killing processes cannot hold it back, a power cut can, and an older
head is only a weaker witness.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import Final

from controller.journal.hash_chain import Anchor
from experiments.errors import Rejected

_LINE: Final = re.compile(rb"(\d{1,18}) ([0-9a-f]{64}) *\n")
_LENGTH: Final = 96


def head_path(journal: Path) -> Path:
    """Return where a journal's head lies."""
    return journal.with_suffix(".head")


def read_head(journal: Path) -> Anchor | None:
    """Return how far the journal went by its head; None where there is no head to be read."""
    try:
        found = _LINE.fullmatch(head_path(journal).read_bytes())
    except OSError:
        return None
    return None if found is None else Anchor(int(found[1]), found[2].decode())


def refuse_lost(journal: Path) -> None:
    """Raise ``Rejected`` where there is no journal, or an empty one, and there was one once."""
    head = read_head(journal)
    if head is not None and head.position:
        what = "is empty" if journal.exists() else "is gone"
        raise Rejected(
            f"{journal} {what}, and {journal.stem}.head says that it held {head.position} events; "
            f"put it back, or delete {journal.stem}.head too to begin anew",
            position=1,
        )


class HeadWriter:
    """Keeps the head up to date; what it cannot write, it leaves."""

    def __init__(self, journal: Path) -> None:
        self._descriptor: int | None = None
        with contextlib.suppress(OSError):
            self._descriptor = os.open(
                head_path(journal), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
            )

    def write(self, tip: Anchor) -> None:
        """Say that the journal goes as far as ``tip``, and all of it was committed."""
        if self._descriptor is not None:
            line = f"{tip.position} {tip.hash}".ljust(_LENGTH - 1) + "\n"
            with contextlib.suppress(OSError):
                os.pwrite(self._descriptor, line.encode(), 0)

    def close(self) -> None:
        """Give the file back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
