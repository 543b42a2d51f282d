"""The C library's heap: what was freed goes back to the machine only when it is told so."""

from __future__ import annotations

import contextlib
import ctypes


def give_back() -> None:
    """Return freed memory to the system where the C library can (glibc: ``malloc_trim(3)``).

    Folding a long campaign frees as much as it keeps, in between what it keeps; glibc gives back by
    itself only what is free at the heap's end.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
