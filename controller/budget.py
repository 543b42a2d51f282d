"""What may still be spent: evaluations by fidelity or a total cost, and hours beside them.

Jobs count from their dispatch on, so nothing in flight can overrun a budget: hours of CPUs and GPUs
are measured, and what the jobs under way are expected to take is kept for them. The baseline is
always evaluated: it is outside of the counts, and its hours are taken as they come. Where the costs
of evaluations are measured and not declared in the campaign file, a total cost depends on how fast
the machine was.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from controller.state import State
from controller.tally import tally
from controller.usage import Price, prices
from experiments.budget import CURRENCIES, Budget
from experiments.campaign import Campaign
from experiments.fidelity import Fidelity
from experiments.level import Level

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Purse:
    """Hours that jobs use up, or what builds do: what is left, and what one of each level takes.

    Levels without a price take none of it.
    """

    left: float
    """After what was measured and what is kept for the jobs under way."""
    price: Mapping[str, Price]
    n_under_way: int = 0

    def n_jobs(self, fidelity: str) -> float:
        """Return how many jobs of a level fit; infinite where they take nothing.

        While no job was ever measured one may be tried, whatever is expected of it.
        """
        price = self.price.get(fidelity)
        if price is None:
            return math.inf
        if price.hours == 0.0:
            return math.inf if self.left > 0 else 0
        n = max(0, math.floor(self.left / price.hours + _ROUNDING))
        is_first = not price.is_known and not self.n_under_way and self.left > 0
        return max(n, 1) if is_first else n

    def taking(self, fidelity: str) -> Purse:
        """Return the purse after one more job."""
        price = self.price.get(fidelity)
        if price is None:
            return self
        left = self.left - price.hours
        return replace(self, left=left, n_under_way=self.n_under_way + 1)


@dataclass(frozen=True)
class Allowance:
    """A budget, with what is taken from it so far."""

    budget: Budget
    cost: Mapping[str, float]
    """Of one evaluation, by fidelity, in target equivalents."""
    taken: Mapping[str, int]
    purses: Mapping[str, Purse] = field(default_factory=dict)
    """By currency; those of builds among them."""
    wall_hours: float = 0.0

    @property
    def used(self) -> float:
        """Return the cost taken so far, in target equivalents."""
        return math.fsum(self.cost[name] * n for name, n in self.taken.items())

    @property
    def ended_by(self) -> str:
        """Return what a campaign ends by that can have no further evaluation."""
        if not any(self._n_counted(name) for name in self.cost):
            return "budget"
        spent = [
            CURRENCIES[currency]
            for currency, purse in self.purses.items()
            if not any(purse.n_jobs(name) for name in self.cost if self._n_counted(name))
        ]
        if self._is_time_up:
            spent.append(CURRENCIES["wall_hours"])
        return f"budget of {' and '.join(spent)}" if spent else "budget"

    def left(self) -> dict[str, int]:
        """Return how many evaluations of each fidelity could be had, were all of that one."""
        return {name: self._left(name) for name in self.cost}

    def admits(self, fidelity: str) -> bool:
        """Say whether one more evaluation fits."""
        return self._left(fidelity) > 0

    def taking(self, fidelity: str) -> Allowance:
        """Return the allowance after one more evaluation."""
        return replace(
            self,
            taken={**self.taken, fidelity: self.taken.get(fidelity, 0) + 1},
            purses={name: purse.taking(fidelity) for name, purse in self.purses.items()},
        )

    @property
    def _is_time_up(self) -> bool:
        limit = self.budget.wall_hours
        return limit is not None and self.wall_hours >= limit

    def _left(self, fidelity: str) -> int:
        if self._is_time_up:
            return 0
        fitting = (purse.n_jobs(fidelity) for purse in self.purses.values())
        return int(min(self._n_counted(fidelity), *fitting, math.inf))

    def _n_counted(self, fidelity: str) -> int:
        """Return how many evaluations the counts, or the total cost, leave."""
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


def allowance(state: State, session_s: float = 0.0) -> Allowance:
    """Return what the campaign may still spend, so many seconds into the present session."""
    campaign = state.campaign
    counts_cost = campaign.budget.fine_equivalents is not None
    every_cost = relative_cost(campaign, tally(state).mean_busy_s() if counts_cost else {})
    cost = {level.name: every_cost[level.name] for level in campaign.own_fidelities}
    return Allowance(
        campaign.budget,
        cost,
        _taken(state),
        {**_purses(state), **_lab_purses(state)},
        wall_hours(state, session_s),
    )


def wall_hours(state: State, session_s: float = 0.0) -> float:
    """Return the time control worked on the campaign, on the sessions' own monotonic clocks."""
    *before, last = state.sessions
    earlier_s = math.fsum(session.last_event_s for session in before)
    return (earlier_s + max(last.last_event_s, session_s)) / 3600


def hours_used(state: State, currency: str) -> float:
    """Return the ``cpu_hours`` or ``gpu_hours`` measured so far."""
    of = "cpu_s" if currency == "cpu_hours" else "gpu_s"
    return math.fsum(getattr(usage, of) for usage in state.usage.values()) / 3600


def _purses(state: State) -> dict[str, Purse]:
    """Return a purse for each limit in hours of machines."""
    found: dict[str, Purse] = {}
    for currency in ("cpu_hours", "gpu_hours"):
        limit = getattr(state.campaign.budget, currency)
        if limit is not None:
            price = prices(state.campaign, state.usage, currency)
            kept = math.fsum(price[job.fidelity].hours for job in state.in_flight.values())
            left = limit - hours_used(state, currency) - kept
            found[currency] = Purse(left, price, len(state.in_flight))
    return found


def lab_used(state: State, currency: str) -> float:
    """Return the cells, EUR or channel-days that approved builds took, by their own cells."""
    return math.fsum(
        of_build(state.campaign, build.build.n_cells).get(currency, 0.0)
        for build in state.builds.values()
        if build.takes_from_the_lab
    )


def kept_by_proposals(state: State, currency: str) -> float:
    """Return what the proposals that wait would take, as they were edited last."""
    return math.fsum(
        of_build(state.campaign, one.proposal.request.n_cells).get(currency, 0.0)
        for one in state.open_proposals
    )


def of_build(campaign: Campaign, n_cells: int) -> dict[str, float]:
    """Return what a build of so many cells takes, by currency; nothing where nothing is built.

    Money and channel-days of the level are for its own number of cells, and grow with it.
    """
    level = campaign.build_level
    if level is None:
        return {}
    share = n_cells / level.n_cells
    return {
        "cells": float(n_cells),
        "money_EUR": level.cost_EUR * share,
        "channel_days": level.channel_days * share,
    }


def _taken(state: State) -> dict[str, int]:
    """Return the evaluations that count, by fidelity: a proposal that waits holds one."""
    taken, level = dict(state.n_dispatched), state.campaign.build_level
    if level is not None:
        taken[level.name] = taken.get(level.name, 0) + len(state.open_proposals)
    return taken


def _lab_purses(state: State) -> dict[str, Purse]:
    """Return a purse for each limit that builds are held to; open proposals are kept in mind."""
    found: dict[str, Purse] = {}
    level = state.campaign.build_level
    usual = {} if level is None else of_build(state.campaign, level.n_cells)
    for currency, amount in usual.items():
        limit = getattr(state.campaign.budget, currency)
        if limit is not None and level is not None and amount > 0:
            left = limit - lab_used(state, currency) - kept_by_proposals(state, currency)
            found[currency] = Purse(left, {level.name: Price(amount, is_known=True)})
    return found


def relative_cost(campaign: Campaign, busy: Mapping[str, float]) -> dict[str, float]:
    """Return the cost of one evaluation of each fidelity, the target's being 1.

    Declared where the campaign file declares it for the level and the target; measured from the
    workers' time once both levels have results (``busy``: means in seconds, by fidelity); until
    then assumed to grow with the voxels solved.
    """
    target = campaign.level(campaign.target)
    cost: dict[str, float] = {}
    for level in campaign.fidelities:
        if level.cost is not None and target.cost is not None:
            cost[level.name] = level.cost / target.cost
        elif level.name in busy and target.name in busy:
            cost[level.name] = busy[level.name] / busy[target.name]
        else:
            cost[level.name] = _size(campaign, level) / _size(campaign, target)
    return cost


def _size(campaign: Campaign, level: Level) -> float:
    """Return the voxels solved; a build without a declared cost stands for the finest level."""
    simulated = level if isinstance(level, Fidelity) else campaign.finest_simulated
    return float(simulated.voxels) ** 3 * simulated.volumes
