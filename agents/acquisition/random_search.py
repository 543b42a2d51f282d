"""The random decider: independent uniform designs, the plainest rival."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from agents.acquisition.fixed_sequence import (
    BLOCK,
    RememberedDesigns,
    feasible_designs,
    in_fixed_order,
)
from agents.acquisition.known_constraints import Screen, violation
from agents.acquisition.measured_best import measured_best
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.ranking import Question, Ranking


class RandomDecider:
    """The i-th design depends on the campaign's seed and on i, and on nothing else."""

    name = "random"
    version = "1"

    def __init__(
        self, *, screen: Screen = violation, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._screen = screen
        self._clock = clock

    def rank(self, question: Question) -> Ranking:
        """Return the next evaluations of the sequence."""
        started = self._clock()
        designs = self._designs(question.campaign)
        return Ranking(
            position=question.position,
            decider=self.name,
            decider_version=self.version,
            candidates=tuple(in_fixed_order(question, designs, "random")),
            recommended=measured_best(question),
            elapsed_s=self._clock() - started,
        )

    def _designs(self, campaign: Campaign) -> Iterator[Design]:
        def make() -> Iterator[Design]:
            return feasible_designs(campaign, uniform_blocks(campaign), self._screen)

        return _REMEMBERED.of(campaign, make) if self._screen is violation else make()


_REMEMBERED: Final = RememberedDesigns()


def uniform_blocks(campaign: Campaign) -> Iterator[np.ndarray]:
    """Yield unit-cube blocks (``64 x n_unit``) of uniform points seeded by the campaign."""
    rng = np.random.default_rng(campaign.seed)
    while True:
        yield rng.random((BLOCK, campaign.design.n_unit))
