"""Which level next: the gain per price, with the target's evaluations kept for what was explored.

The price of an evaluation is one over how many of its level are left. With budgets by level that
makes a scarce level dear; with one budget for all, where ``left`` follows from measured worker
time, the ratio of prices is the ratio of measured costs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from experiments.design import Design


@dataclass(frozen=True)
class Offer:
    """The best design at one level."""

    level: int
    design: Design
    log_gain: float
    n_left: int
    reason: str

    @property
    def log_gain_per_price(self) -> float:
        """Return the log of the gain times the evaluations left."""
        return self.log_gain + math.log(self.n_left)


def choose(offers: list[Offer]) -> Offer:
    """Return the offer with the highest gain per price; the first of equals."""
    return max(offers, key=lambda offer: offer.log_gain_per_price)
