"""Where compute's time comes from: seconds that never jump, and the calendar."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final


@dataclass(frozen=True)
class Clock:
    """Durations come from the monotonic seconds, dates (ISO 8601, UTC) from the calendar."""

    monotonic_s: Callable[[], float]
    now: Callable[[], str]


SYSTEM_CLOCK: Final = Clock(
    monotonic_s=time.monotonic, now=lambda: datetime.now(UTC).isoformat(timespec="milliseconds")
)
