"""A moment of a running campaign, as a person sees it, from its state."""

from __future__ import annotations

import math
from dataclasses import dataclass

from controller.alarm import Alarm
from controller.budget import allowance, relative_cost
from controller.interval import Interval
from controller.label import objective_text
from controller.results import (
    baseline_at,
    compare,
    failures_by_kind,
    measured_best,
    working_s,
)
from controller.snapshot import Best, LevelProgress, Phase, Snapshot
from controller.state import State
from controller.tally import tally
from experiments.observation import Observation


@dataclass(frozen=True)
class Moment:
    """What of a snapshot is not in the journal."""

    n_workers: int = 0
    n_busy: int = 0
    since_last_event_s: float = 0.0
    is_stopping: bool = False
    note: str | None = None
    alarm: Alarm | None = None


def take_snapshot(state: State, moment: Moment) -> Snapshot:
    """Return the moment's snapshot."""
    campaign = state.campaign
    objective = campaign.objectives[0]
    metric = campaign.metric_key(objective)
    best, baseline = _best_and_baseline(state, metric)
    last = tally(state).last_failed
    by_cost = campaign.budget.fine_equivalents
    return Snapshot(
        campaign=campaign.name,
        objective=objective_text(campaign, objective),
        metric=metric,
        phase=_phase(state, moment),
        levels=_levels(state),
        cost_used=None if by_cost is None else allowance(state).used,
        cost_budget=by_cost,
        best=best,
        baseline=baseline,
        n_workers=moment.n_workers,
        n_busy=moment.n_busy,
        failures=failures_by_kind(state),
        last_failure_kind=last.failure.kind.value if last and last.failure else None,
        last_failure_message=last.failure.message if last and last.failure else None,
        elapsed_s=working_s(state) + moment.since_last_event_s,
        left_s=_left_s(state, moment.n_workers),
        stuck=None if moment.alarm is None else moment.alarm.words,
        stuck_s=0.0 if moment.alarm is None else moment.alarm.since_s,
        n_backlog=len(state.backlog),
        refit_s=None if state.asked is None else state.asked.elapsed_s,
        n_compute_lost=state.n_compute_lost,
        position=state.position,
        outdated=None if state.outdated is None else state.outdated.words,
        paused=None if state.pause is None else state.pause.words,
        ended_by=state.reason if state.phase == "finished" else "",
        note=moment.note,
    )


def _phase(state: State, moment: Moment) -> Phase:
    if state.phase == "finished":
        return Phase.aborted if state.is_aborted else Phase.finished
    if moment.is_stopping:
        return Phase.stopping
    if state.phase == "interrupted":
        return Phase.interrupted
    if state.outdated is not None:
        return Phase.outdated
    if state.pause is not None:
        return Phase.draining if state.pause.is_drain else Phase.paused
    if not moment.n_workers:
        is_first = state.sessions[-1].n_slots == 0
        return Phase.starting_compute if is_first else Phase.restarting_compute
    if not tally(state).n_searched.total():
        return Phase.first_designs
    if not sum(allowance(state).left().values()):
        return Phase.finishing
    return Phase.searching


def _levels(state: State) -> tuple[LevelProgress, ...]:
    campaign, counted = state.campaign, tally(state)
    levels = []
    for level in campaign.fidelities:
        in_flight = [
            job
            for job in state.in_flight.values()
            if job.fidelity == level.name and job.purpose == "search"
        ]
        is_source = level.source_of is not None
        limited = campaign.budget.fine_equivalents is None and not is_source
        levels.append(
            LevelProgress(
                fidelity=level.name,
                n_done=counted.n_searched[level.name],
                n_failed=counted.n_failed[level.name],
                n_in_flight=len(in_flight),
                budget=campaign.budget.evaluations.get(level.name, 0) if limited else None,
                is_target=level.name == campaign.target,
            )
        )
    return tuple(levels)


def _best_and_baseline(state: State, metric: str) -> tuple[Best | None, Best | None]:
    """Return the best at the target, or else at any level that has one, and its baseline."""
    others = [level.name for level in state.campaign.own_fidelities]
    for fidelity in dict.fromkeys((state.campaign.target, *others)):
        found = measured_best(state, fidelity)
        if found is not None:
            return _as_best(state, found, metric), _baseline(state, fidelity, metric)
    return None, _baseline(state, state.campaign.target, metric)


def _baseline(state: State, fidelity: str, metric: str) -> Best | None:
    found = baseline_at(state, fidelity)
    return None if found is None else _as_best(state, found, metric)


def _as_best(state: State, observation: Observation, metric: str) -> Best | None:
    compared = compare(state, observation, metric)
    if compared is None:
        return None
    value: Interval = compared.value
    return Best(
        fidelity=observation.job.fidelity,
        value=value.value,
        low=value.low,
        high=value.high,
        job_id=observation.job.id,
    )


def _left_s(state: State, n_workers: int) -> float | None:
    """Return the work left over the workers, from the mean worker time of what is done."""
    counted = tally(state)
    if not counted.n_searched.total() or not n_workers:
        return None
    cost = relative_cost(state.campaign, counted.mean_busy_s())
    spent = math.fsum(cost[name] * n for name, n in counted.n_searched.items())
    budget = state.campaign.budget
    if budget.fine_equivalents is not None:
        left = max(0.0, budget.fine_equivalents - spent)
    else:
        totals = budget.evaluations.items()
        left = math.fsum(cost[name] * max(0, n - counted.n_searched[name]) for name, n in totals)
    return left * counted.busy_s / spent / n_workers
