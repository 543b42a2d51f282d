"""The lab's clock: seconds since the lab was opened, faster than the world's by a factor."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

OPENED: Final = datetime.datetime(2026, 1, 5, 8, 0, tzinfo=datetime.UTC)
"""A Monday at eight; an arbitrary beginning."""
OPENED_S: Final = 8 * 3600.0
"""The lab's second zero is a midnight, its first shift begins here."""


@dataclass(frozen=True)
class LabClock:
    """Goes on from where the lab was when it was last closed."""

    seconds: Callable[[], float]
    """The world's monotonic clock."""
    scale: float = 1.0
    from_s: float = OPENED_S
    started: float = 0.0

    def now_s(self) -> float:
        """Return the lab's time."""
        return self.from_s + (self.seconds() - self.started) * self.scale


def iso(lab_s: float) -> str:
    """Return a lab time as a date."""
    return (OPENED + datetime.timedelta(seconds=lab_s - OPENED_S)).isoformat(timespec="seconds")
