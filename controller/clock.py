"""Where time comes from: the wall clock to name moments, a monotonic one to measure durations."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Give the time; a test's clock gives whatever time it likes."""

    def now(self) -> datetime:
        """Return the date and time, with its zone."""
        ...

    def elapsed_s(self) -> float:
        """Return seconds since this clock was made; never goes back."""
        ...


class SystemClock:
    """The machine's clocks."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()

    def now(self) -> datetime:
        """Return the date and time in UTC."""
        return datetime.now(UTC)

    def elapsed_s(self) -> float:
        """Return monotonic seconds since this clock was made."""
        return time.monotonic() - self._began_s
