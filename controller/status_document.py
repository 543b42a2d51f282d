"""The state of a campaign as one JSON document: what ``status --json`` and ``run --json`` print."""

from __future__ import annotations

from typing import Literal

from controller.results import (
    baseline_at,
    compare,
    failures_by_kind,
    measured_best,
    observations_by_fidelity,
    pareto,
    spent,
    utilisation,
    working_s,
)
from controller.state import State
from experiments.frozen import Frozen
from experiments.observation import Observation
from experiments.ranking import Prospect, Recommendation


class Range(Frozen):
    """A value with its 95% interval, where volumes were repeated."""

    value: float
    low: float | None
    high: float | None


class Result(Frozen):
    """One observation."""

    job_id: str
    fidelity: str
    design: dict[str, float | int | str]
    metrics: dict[str, float | None]
    objectives: dict[str, Range]
    """By objective name."""
    change_against_baseline: dict[str, Range]


class BudgetUse(Frozen):
    """Evaluations by fidelity, or ``fine_equivalents``; jobs in flight count as used.

    And every further limit by its name (``cpu_hours``, …), hours as measured so far.
    """

    used: dict[str, int | float]
    limit: dict[str, int | float]


class StorageUse(Frozen):
    """What the campaign's artifacts take on the disk."""

    used_bytes: int
    limit_bytes: float | None
    dropped: int
    """Voxel files that were deleted to keep the limit; a seed makes them again."""


class PauseStatus(Frozen):
    """A pause, or a drain, which ends the session once nothing runs."""

    since: str
    by: str
    reason: str
    is_drain: bool


class StatusDocument(Frozen):
    """Everything a script may ask about a campaign."""

    campaign: str
    state: Literal["running", "interrupted", "finished", "aborted"]
    reason: str | None
    """Why it is interrupted, finished or aborted."""
    paused: PauseStatus | None
    """Why nothing is dispatched."""
    outdated: str | None
    """Which versions changed under the results, until a person has decided about it."""
    stuck: str | None
    """How long nothing finished, and what is waited for, by the control that works on it."""
    observations: dict[str, int]
    """Search evaluations by fidelity, failures included; the baseline stands apart."""
    failures: dict[str, int]
    in_flight: int
    recommended: Recommendation | None
    prospect: Prospect | None
    """What going on promises, by the latest ranking that said so."""
    measured_best: Result | None
    pareto: tuple[Result, ...]
    baseline: dict[str, Result | None]
    """By fidelity it was evaluated at; null where it failed."""
    pending_approvals: tuple[str, ...]
    budget: BudgetUse
    storage: StorageUse
    decider: str
    worker_utilisation: float | None
    working_s: float
    started_at: str
    position: int
    """Journal position of the campaign's last event."""
    stage_versions: dict[str, str]
    report: str | None = None


def status_document(
    state: State, *, report: str | None = None, stuck: str | None = None
) -> StatusDocument:
    """Return the document."""
    best = measured_best(state)
    use = spent(state)
    return StatusDocument(
        campaign=state.campaign.name,
        state="aborted" if state.is_aborted else state.phase,
        reason=state.reason or None,
        paused=_paused(state),
        outdated=None if state.outdated is None else state.outdated.words,
        stuck=stuck,
        observations=observations_by_fidelity(state),
        failures=failures_by_kind(state),
        in_flight=len(state.in_flight),
        recommended=state.recommended,
        prospect=state.outlooks[-1].prospect if state.outlooks else None,
        measured_best=None if best is None else result(state, best),
        pareto=tuple(result(state, observation) for observation in pareto(state)),
        baseline=_baseline(state),
        pending_approvals=tuple(one.proposal.id for one in state.open_proposals),
        budget=BudgetUse(used=dict(use.used), limit=dict(use.limit)),
        storage=StorageUse(
            used_bytes=state.stored.total_bytes,
            limit_bytes=state.campaign.storage.max_bytes,
            dropped=len(state.stored.dropped),
        ),
        decider=state.campaign.decider.name,
        worker_utilisation=utilisation(state),
        working_s=working_s(state),
        started_at=state.started_at,
        position=state.position,
        stage_versions=dict(state.stage_versions),
        report=report,
    )


def result(state: State, observation: Observation) -> Result:
    """Return one observation beside the baseline."""
    objectives: dict[str, Range] = {}
    changes: dict[str, Range] = {}
    for objective in state.campaign.objectives:
        found = compare(state, observation, state.campaign.metric_key(objective))
        if found is not None:
            value, change = found.value, found.change
            objectives[objective.name] = Range(value=value.value, low=value.low, high=value.high)
            if change is not None and observation.job.purpose != "baseline":
                changes[objective.name] = Range(
                    value=change.value, low=change.low, high=change.high
                )
    return Result(
        job_id=observation.job.id,
        fidelity=observation.job.fidelity,
        design=observation.job.design.values,
        metrics={name: metric.value for name, metric in observation.metrics.items()},
        objectives=objectives,
        change_against_baseline=changes,
    )


def _paused(state: State) -> PauseStatus | None:
    pause = state.pause
    if pause is None:
        return None
    return PauseStatus(since=pause.at, by=pause.by, reason=pause.reason, is_drain=pause.is_drain)


def _baseline(state: State) -> dict[str, Result | None]:
    found: dict[str, Result | None] = {}
    for level in state.campaign.fidelities:
        observation = baseline_at(state, level.name)
        if observation is not None:
            found[level.name] = None if observation.is_failed else result(state, observation)
    return found
