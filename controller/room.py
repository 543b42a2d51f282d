"""Room on the disk: what control does while there is none.

Nothing is acknowledged that is not stored, so a campaign whose journal cannot grow pauses: what
compute tells is held in memory, nothing new is sent, and every second the same is tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from controller.clock import Clock
from experiments.errors import DiskFull

RETRY_S: Final = 1.0
"""Trying costs a transaction that is rolled back; nobody waits longer than this for nothing."""


class Room:
    """Whether the disk took the last write, and when to try the next one."""

    def __init__(self, clock: Clock, log: Callable[[str], None]) -> None:
        self._clock = clock
        self._log = log
        self._refused_s = 0.0
        self.note: str | None = None
        """What to tell a person; None where there is room."""

    @property
    def may_try(self) -> bool:
        """Say whether a write may succeed now."""
        return self.note is None or self._clock.elapsed_s() - self._refused_s >= RETRY_S

    def refused(self, error: DiskFull) -> None:
        """Take note that the disk refused a write."""
        self._refused_s = self._clock.elapsed_s()
        if self.note is None:
            self.note = f"paused until the disk has room again: {error.message}"
            self._log(self.note)

    def granted(self) -> None:
        """Take note that the disk took everything."""
        if self.note is not None:
            self._log("the disk has room again; the campaign goes on")
        self.note = None
