"""What must hold of a journal whatever happened while it was written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from controller.budget import allowance
from controller.decide import MAX_LOST, NO_MORE
from controller.events import AttemptLost, ComputeStarted, Dispatched, Observed, Recorded
from controller.fold import fold
from controller.journal import JournalReader
from controller.rehearsal.rehearse import Rehearsed
from controller.state import State
from experiments.campaign import Campaign
from experiments.observation import FailureKind

_ROUNDING = 1e-6


def broken_invariants(rehearsed: Rehearsed) -> tuple[str, ...]:
    """Return what does not hold, in words; nothing is what there should be.

    Opening the journal verifies its hash chain, and raises where that is broken.
    """
    state = rehearsed.state
    with JournalReader(rehearsed.journal) as journal:
        events = list(journal.read(state.campaign.name))
    return (
        *_stored(rehearsed, events),
        *_jobs(rehearsed, events),
        *_attempts(state, events),
        *_limits(rehearsed, events),
        *_end(rehearsed),
    )


def _stored(rehearsed: Rehearsed, events: list[Recorded]) -> Iterator[str]:
    """Check that what was acknowledged is stored, and the journal gives control's state."""
    if fold(events) != rehearsed.state:
        yield "the journal does not fold to the state that control had"
    stored = rehearsed.state.observations
    for job_id, observation in rehearsed.acknowledged.items():
        if stored.get(job_id) != observation:
            yield f"job {job_id} was acknowledged, and is lost or another one now"


def _jobs(rehearsed: Rehearsed, events: list[Recorded]) -> Iterator[str]:
    """Check that every job is dispatched once and observed once."""
    dispatched = Counter(r.event.job.id for r in events if isinstance(r.event, Dispatched))
    observed = Counter(r.event.observation.job.id for r in events if isinstance(r.event, Observed))
    yield from (f"job {job} was dispatched {n} times" for job, n in dispatched.items() if n > 1)
    yield from (f"job {job} was observed {n} times" for job, n in observed.items() if n > 1)
    yield from (f"job {job} was observed unasked" for job in observed if job not in dispatched)
    if rehearsed.is_finished:
        unobserved = dispatched.keys() - observed.keys()
        yield from (f"job {job} was never observed" for job in sorted(unobserved))


def _attempts(state: State, events: list[Recorded]) -> Iterator[str]:
    """Check that a job is quarantined after so many deaths, and for nothing else."""
    lost = Counter(r.event.job_id for r in events if isinstance(r.event, AttemptLost))
    for job_id, observation in state.observations.items():
        failure = observation.failure
        is_quarantined = failure is not None and failure.kind is FailureKind.worker_died
        if is_quarantined != (lost[job_id] >= MAX_LOST):
            yield f"job {job_id} lost {lost[job_id]} workers; quarantined: {is_quarantined}"


def _limits(rehearsed: Rehearsed, events: list[Recorded]) -> Iterator[str]:
    """Check that no budget is overspent, and compute never holds more than it may."""
    yield from _overspent(rehearsed.state.campaign, events)
    slots = [r.event.slots for r in events if isinstance(r.event, ComputeStarted)]
    n_baseline = sum(d.job.purpose == "baseline" for d in rehearsed.state.dispatches.values())
    if slots and rehearsed.most_held > 2 * max(slots) + n_baseline:
        yield f"compute held {rehearsed.most_held} jobs; it has {max(slots)} slots"


def _overspent(campaign: Campaign, events: list[Recorded]) -> Iterator[str]:
    budget = campaign.budget
    taken = Counter(
        r.event.job.fidelity
        for r in events
        if isinstance(r.event, Dispatched) and r.event.job.purpose == "search"
    )
    for name, n in taken.items():
        if budget.evaluations and n > budget.evaluations.get(name, 0):
            yield f"{n} evaluations of {name}; allowed: {budget.evaluations.get(name, 0)}"
    is_declared = all(level.cost is not None for level in campaign.fidelities)
    if budget.fine_equivalents is not None and is_declared:
        state = fold(events)
        assert state is not None
        if (used := allowance(state).used) > budget.fine_equivalents + _ROUNDING:
            yield f"spent {used:g} equivalents; allowed: {budget.fine_equivalents:g}"


def _end(rehearsed: Rehearsed) -> Iterator[str]:
    """Check that a finished campaign says why, and that the reason holds."""
    state = rehearsed.state
    if not rehearsed.is_finished:
        return
    if state.in_flight:
        yield f"the campaign finished with {len(state.in_flight)} jobs in flight"
    has_left = any(allowance(state).left().values())
    if state.reason == "budget" and has_left:
        yield "the campaign finished for its budget, which is not spent"
    has_rules = state.campaign.stopping.has_rules
    if state.reason not in ("budget", NO_MORE) and not has_rules:
        yield f"the campaign finished for {state.reason!r}, and has no such rule"
