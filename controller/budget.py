"""What may still be spent: evaluations by fidelity, or a total cost in target equivalents.

Jobs count from their dispatch on, so nothing in flight can overrun a budget. The baseline's
evaluations are outside of every budget. Where the costs are measured and not declared in the
campaign file, a total cost depends on how fast the machine was.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from controller.state import State
from experiments.budget import Budget
from experiments.campaign import Campaign
from experiments.fidelity import Fidelity
from experiments.observation import Observation

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Allowance:
    """A budget, with what is taken from it so far."""

    budget: Budget
    cost: Mapping[str, float]
    """Of one evaluation, by fidelity, in target equivalents."""
    taken: Mapping[str, int]

    @property
    def used(self) -> float:
        """Return the cost taken so far, in target equivalents."""
        return math.fsum(self.cost[name] * n for name, n in self.taken.items())

    def left(self) -> dict[str, int]:
        """Return how many evaluations of each fidelity could be had, were all of that one."""
        return {name: self._left(name) for name in self.cost}

    def admits(self, fidelity: str) -> bool:
        """Say whether one more evaluation fits."""
        return self._left(fidelity) > 0

    def taking(self, fidelity: str) -> Allowance:
        """Return the allowance after one more evaluation."""
        return replace(self, taken={**self.taken, fidelity: self.taken.get(fidelity, 0) + 1})

    def _left(self, fidelity: str) -> int:
        if self.budget.fine_equivalents is None:
            allowed = self.budget.evaluations.get(fidelity, 0)
            return max(0, allowed - self.taken.get(fidelity, 0))
        reserved = math.fsum(
            self.cost[name] * max(0, n - self.taken.get(name, 0))
            for name, n in self.budget.at_least.items()
            if name != fidelity
        )
        free = self.budget.fine_equivalents - self.used - reserved
        return max(0, math.floor(free / self.cost[fidelity] + _ROUNDING))


def allowance(state: State) -> Allowance:
    """Return what the campaign may still spend."""
    campaign = state.campaign
    counts_cost = campaign.budget.fine_equivalents is not None
    cost = relative_cost(campaign, state.observations if counts_cost else {})
    return Allowance(campaign.budget, cost, dict(state.n_dispatched))


def relative_cost(campaign: Campaign, observations: Mapping[str, Observation]) -> dict[str, float]:
    """Return the cost of one evaluation of each fidelity, the target's being 1.

    Declared where the campaign file declares it for the level and the target; measured from the
    workers' time once both levels have results; until then assumed to grow with the voxels solved.
    """
    target = campaign.fidelity(campaign.target)
    busy = _mean_busy_s(observations)
    cost: dict[str, float] = {}
    for level in campaign.fidelities:
        if level.cost is not None and target.cost is not None:
            cost[level.name] = level.cost / target.cost
        elif level.name in busy and target.name in busy:
            cost[level.name] = busy[level.name] / busy[target.name]
        else:
            cost[level.name] = _n_voxels(level) / _n_voxels(target)
    return cost


def _mean_busy_s(observations: Mapping[str, Observation]) -> dict[str, float]:
    """Return the mean worker time by fidelity, of search jobs that ended on their own."""
    times: dict[str, list[float]] = {}
    for observation in observations.values():
        failure = observation.failure
        if observation.job.purpose == "search" and not (failure and failure.kind.is_infrastructure):
            times.setdefault(observation.job.fidelity, []).append(observation.provenance.busy_s)
    means = {name: math.fsum(values) / len(values) for name, values in times.items()}
    return {name: mean for name, mean in means.items() if mean > 0}


def _n_voxels(level: Fidelity) -> float:
    return float(level.voxels) ** 3 * level.volumes
