"""Which level next: the gain per price, with target evaluations kept for what was explored.

The price of an evaluation is one over how many of its level are left. With budgets by level that
makes a scarce level dear; with one budget for all, where ``left`` follows from measured worker
time, the ratio of prices is the ratio of measured costs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Final

from agents.acquisition.guards import TARGET_QUOTA
from experiments.design import Design

N_FIRST_PROBES: Final = 2
"""Target evaluations spent first on designs a cheap level has seen: they tell how levels agree."""
N_EXPLOITING: Final = 2
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
    reason: str
    is_pairing: bool = False
    """The design was chosen because a cheap level has seen it."""

    @property
    def log_gain_per_price(self) -> float:
        """Return the log of the gain times the evaluations left."""
        return self.log_gain + math.log(self.n_left)


@dataclass(frozen=True)
class Stock:
    """How many evaluations were dispatched and are left, by level, the target first.

    Demoted levels count as spent: nothing waits for them.
    """

    done: tuple[int, ...]
    left: tuple[int, ...]
    is_shared: bool
    """One budget pays for all levels, so a cheap evaluation not made saves for the target."""
    n_pairs_wanted: int = 0
    """Paired probes still missing."""
    is_built: bool = False
    """The target is a real cell. Then pairs are made the other way round, by simulating what is
    built, and no build is spent on a design only because a cheap level has seen it."""

    @property
    def n_target_total(self) -> int:
        """Return how many target evaluations there are in all, as far as can be told now."""
        return self.done[0] + self.left[0]

    @property
    def phase(self) -> Phase:
        """Return what the next evaluation is for."""
        n_done, n_left = self.done[0], self.left[0]
        n_first = min(N_FIRST_PROBES, self.n_target_total // 3)
        if not self.is_built and sum(self.done[1:]) > 0 and n_done < n_first and n_left > 0:
            return Phase.probe
        if n_left <= min(N_EXPLOITING, (n_done + 1) // 2) and (
            self.is_shared or sum(self.left[1:]) == 0
        ):
            return Phase.exploit
        return Phase.explore

    @property
    def is_pairing(self) -> bool:
        """Say whether the next target evaluation goes to a design that a cheap level has seen."""
        if self.phase is Phase.explore:
            return not self.is_built and self.n_pairs_wanted > 0 and self.done[0] % 2 == 0
        return self.phase is Phase.probe

    @property
    def n_reserved(self) -> int:
        """Return how many target evaluations wait until the cheap levels are spent.

        Half of them where budgets are separate: a cheap evaluation after the last target evaluation
        would be wasted, and early target results show where a cheap level misleads.
        """
        return 0 if self.is_shared else self.n_target_total // 2

    @property
    def is_under_quota(self) -> bool:
        """Say whether a shared budget has paid too little for the target so far."""
        if not self.is_shared or self.left[0] == 0:
            return False
        cheap = sum(
            done * self.left[0] / left
            for done, left in zip(self.done[1:], self.left[1:], strict=True)
            if left > 0
        )
        return cheap > 0 and self.done[0] < TARGET_QUOTA * (self.done[0] + cheap)


def choose(offers: list[Offer], stock: Stock) -> Offer:
    """Return the offer to take; the first of equals."""
    target = [offer for offer in offers if offer.level == 0]
    cheap = [offer for offer in offers if offer.level > 0]
    if cheap and stock.phase is Phase.explore and stock.left[0] <= stock.n_reserved:
        offers = cheap
    elif target and stock.is_under_quota:
        offers = target
    return max(offers, key=lambda offer: offer.log_gain_per_price)
