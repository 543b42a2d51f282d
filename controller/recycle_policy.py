"""When compute is replaced by a fresh one although nothing is wrong with it yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LARGEST_AGE_S: Final = 24 * 3600.0
"""Assumed: a day of Ray's logs and of what libraries never give back stays small, and a restart a
day costs nothing that could be measured, for the next life is ready before the last one ends."""
LARGEST_SHARE: Final = 0.5
"""Of the memory there is. Assumed: two lives fit side by side for the time of the change."""
LEAST_AGE_S: Final = 1800.0
"""Assumed: a compute that is too large when half an hour old will be so again, and a change of
compute every few minutes would help nobody."""
CHECK_S: Final = 60.0
"""How often age and memory are looked at."""


@dataclass(frozen=True)
class RecyclePolicy:
    """The limits; pure, so that a month can be tried out in no time."""

    largest_age_s: float = LARGEST_AGE_S
    largest_share: float = LARGEST_SHARE
    least_age_s: float = LEAST_AGE_S

    def reason(self, age_s: float, held_bytes: int, limit_bytes: int) -> str | None:
        """Return why compute is to be replaced now, or None."""
        if age_s < self.least_age_s:
            return None
        if age_s >= self.largest_age_s:
            return f"it is {age_s / 3600:.3g} h old"
        if held_bytes > self.largest_share * limit_bytes:
            return f"it holds {held_bytes / 1e9:.3g} GB of {limit_bytes / 1e9:.3g} GB"
        return None
