"""Which level next: the gain per price, with target evaluations kept for what was explored.

The price of an evaluation is one over how many of its level are left. With budgets by level that
makes a scarce level dear; with one budget for all, where ``left`` follows from measured worker
time, the ratio of prices is the ratio of measured costs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from experiments.design import Design
from experiments.ranking import Question

N_PROBES = 2
"""Target evaluations spent first on designs a cheap level has seen: they tell how levels agree."""
N_EXPLOITING = 2
"""The last target evaluations go where the posterior mean is best."""


class Phase(Enum):
    """What the next evaluation is for."""

    probe = "paired with a cheaper evaluation"
    explore = "gain per price"
    exploit = "best posterior mean"


@dataclass(frozen=True)
class Offer:
    """The best design at one level; level 0 is the target."""

    level: int
    design: Design
    log_gain: float
    n_left: int

    @property
    def log_gain_per_price(self) -> float:
        """Return the log of the gain times the evaluations left."""
        return self.log_gain + math.log(self.n_left)


@dataclass(frozen=True)
class Stock:
    """How many evaluations were dispatched and are left, at the target and at cheaper levels."""

    n_target_done: int
    n_target_left: int
    n_cheap_done: int
    n_cheap_left: int
    is_shared: bool
    """One budget pays for all levels, so a cheap evaluation not made saves for the target."""

    @property
    def phase(self) -> Phase:
        """Return what the next evaluation is for."""
        if self.n_cheap_done > 0 and self.n_target_done < N_PROBES and self.n_target_left > 0:
            return Phase.probe
        if self.n_target_left <= min(N_EXPLOITING, (self.n_target_done + 1) // 2) and (
            self.is_shared or self.n_cheap_left == 0
        ):
            return Phase.exploit
        return Phase.explore

    @property
    def n_reserved(self) -> int:
        """Return how many target evaluations wait until the cheap levels are spent.

        Half of them where budgets are separate: a cheap evaluation after the last target evaluation
        would be wasted, and early target results show where a cheap level misleads.
        """
        return 0 if self.is_shared else (self.n_target_done + self.n_target_left) // 2


def is_shared(question: Question) -> bool:
    """Say whether one budget pays for all levels."""
    return question.campaign.budget.fine_equivalents is not None


def choose(offers: list[Offer], stock: Stock) -> Offer:
    """Return the offer to take; the first of equals."""
    cheap = [offer for offer in offers if offer.level > 0]
    if cheap and stock.phase is Phase.explore and stock.n_target_left <= stock.n_reserved:
        offers = cheap
    return max(offers, key=lambda offer: offer.log_gain_per_price)
