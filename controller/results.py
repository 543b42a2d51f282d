"""What a campaign found: pure functions over its state, the same for terminal, report and API."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from controller.budget import allowance, hours_used, lab_used, wall_hours
from controller.front import is_feasible, scores
from controller.interval import Interval, difference, measured
from controller.state import State
from controller.tally import tally
from experiments.observation import Observation
from experiments.ranking import Recommendation


@dataclass(frozen=True)
class Comparison:
    """One metric of one observation, beside the baseline at the same fidelity."""

    metric: str
    value: Interval
    baseline: Interval | None = None
    change: Interval | None = None
    """Value − baseline, with the interval of the difference."""


@dataclass(frozen=True)
class Spent:
    """A budget's use: counts by fidelity, or target equivalents under ``fine_equivalents``.

    Beside them what is limited further, by currency. Hours are those measured so far.
    """

    used: Mapping[str, float]
    limit: Mapping[str, float]


def searched(state: State, fidelity: str | None = None) -> tuple[Observation, ...]:
    """Return the search's observations, of one fidelity or all, in order of arrival."""
    return tuple(
        observation
        for observation in state.observations.values()
        if observation.job.purpose == "search" and fidelity in (None, observation.job.fidelity)
    )


def baseline_at(state: State, fidelity: str) -> Observation | None:
    """Return the baseline's observation at a fidelity, failed or not, or None before it exists."""
    return tally(state).baseline.get(fidelity)


def measured_best(state: State, fidelity: str | None = None) -> Observation | None:
    """Return the feasible observation with the best first objective, at the target by default."""
    return tally(state).best.get(fidelity or state.campaign.target)


def pareto(state: State) -> tuple[Observation, ...]:
    """Return the target's feasible observations that no other dominates."""
    return tuple(state.observations[job_id] for job_id in tally(state).on_front)


def recommended(state: State) -> Recommendation | None:
    """Return the best design by the decider's posterior mean, where the decider has a model."""
    return state.recommended


def compare(state: State, observation: Observation, metric: str) -> Comparison | None:
    """Return a metric with its 95% interval beside the baseline's; None where it has no value."""
    fidelity = observation.job.fidelity
    scatter = tally(state).scatter(metric, fidelity)
    value = measured(observation, metric, scatter)
    if value is None:
        return None
    today = baseline_at(state, fidelity)
    if today is None or today.is_failed:
        return Comparison(metric, value)
    return Comparison(
        metric,
        value,
        measured(today, metric, scatter),
        difference(observation, today, metric, scatter),
    )


def convergence(state: State) -> tuple[tuple[int, float], ...]:
    """Return (n-th target evaluation, best feasible first objective so far), as it went."""
    campaign = state.campaign
    found: list[tuple[int, float]] = []
    best: float | None = None
    for n, observation in enumerate(searched(state, campaign.target), start=1):
        if is_feasible(campaign, observation):
            score = scores(campaign, observation)
            assert score is not None
            best = score[0] if best is None else max(best, score[0])
        if best is not None:
            sign = 1.0 if campaign.objectives[0].sense == "maximize" else -1.0
            found.append((n, sign * best))
    return tuple(found)


def observations_by_fidelity(state: State) -> dict[str, int]:
    """Return how many search jobs finished, failures included; the baseline is not counted."""
    found = tally(state).n_searched
    return {level.name: found[level.name] for level in state.campaign.fidelities}


def failures_by_kind(state: State) -> dict[str, int]:
    """Return how many jobs failed in which way, the baseline's included."""
    return dict(tally(state).failures)


def spent(state: State) -> Spent:
    """Return what of the budget is used, jobs in flight included."""
    budget = state.campaign.budget
    if budget.fine_equivalents is not None:
        used: dict[str, float] = {"fine_equivalents": allowance(state).used}
        limit: dict[str, float] = {"fine_equivalents": budget.fine_equivalents}
    else:
        names = [level.name for level in state.campaign.own_fidelities]
        used = {name: state.n_dispatched.get(name, 0) for name in names}
        limit = {name: budget.evaluations.get(name, 0) for name in names}
    used |= {currency: currency_used(state, currency) for currency in budget.limits}
    return Spent(used, limit | budget.limits)


def currency_used(state: State, currency: str) -> float:
    """Return how much of a currency of ``experiments.budget`` the campaign used so far."""
    if currency == "wall_hours":
        return wall_hours(state)
    if currency in ("cpu_hours", "gpu_hours"):
        return hours_used(state, currency)
    return lab_used(state, currency)


def working_s(state: State) -> float:
    """Return the time control processes worked on the campaign, pauses between them left out."""
    return math.fsum(session.last_event_s for session in state.sessions)


def busy_s(state: State) -> float:
    """Return the worker time of all results; work that was lost is not in it."""
    return tally(state).all_busy_s


def utilisation(state: State) -> float | None:
    """Return worker time over workers × wall time from a session's first job to its last result."""
    offered = math.fsum(
        session.n_slots * (session.last_observed_s - session.first_job_s)
        for session in state.sessions
        if session.first_job_s is not None and session.last_observed_s is not None
    )
    return busy_s(state) / offered if offered > 0 else None
