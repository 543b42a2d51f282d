"""Named places at which a process can be made to die, to prove that nothing is lost there.

``CELLWRIGHT_FAILPOINT="journal after commit:3"`` ends the process, as SIGKILL does, at its third
passage of that place. Without the variable a passage is one comparison.
"""

from __future__ import annotations

import os
import signal
from typing import Final

FAILPOINTS: Final = (
    "journal before commit",
    "journal after commit",
    "control before send",
    "control after send",
    "control before receive",
    "control after receive",
    "projection before step",
    "projection after step",
)
"""Receive: compute's news is there and not yet stored; it is stored and not yet acted upon."""
VARIABLE: Final = "CELLWRIGHT_FAILPOINT"


class _Armed:
    """The failpoint asked for, and how many passages are left."""

    def __init__(self, text: str) -> None:
        self.name, _, count = text.rpartition(":")
        self.n_left = int(count)


_armed = _Armed(os.environ[VARIABLE]) if VARIABLE in os.environ else None


def arm(text: str) -> None:
    """Do as if the variable had held this text from the beginning."""
    global _armed  # noqa: PLW0603 - a process dies once
    _armed = _Armed(text)


def pass_failpoint(name: str) -> None:
    """Die here if that was asked for."""
    if _armed is not None and _armed.name == name:
        _armed.n_left -= 1
        if _armed.n_left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
