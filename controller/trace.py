"""Where one observation came from: design, choice, seed, code, stages, machines, files, journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controller.events import AttemptLost, ComputeStarted, Dispatched, Observed, Ranked, Recorded
from controller.journal import JournalReader
from controller.journal.hash_chain import Row
from controller.journal.rows import kind_of_row, recorded
from controller.proposal_events import BuildFailed, BuildQueued, Edited, Measured, Proposed
from controller.results import measured_best
from controller.state import State
from experiments.errors import Invalid
from experiments.frozen import Frozen
from experiments.observation import Artifact, Failure, Observation
from experiments.ranking import Candidate

_FEWEST_DIGITS = 4


class JournalPlace(Frozen):
    """An event in the journal."""

    position: int
    at: str
    epoch: int
    """Which start of a control process wrote it."""
    session_s: float
    """Monotonic seconds into that process's session."""
    hash: str


class StageTrace(Frozen):
    """One stage, and where it ran; a cached one names the worker that made it first."""

    stage: str
    version: str
    key: str
    cached: bool
    elapsed_s: float
    node: str | None
    process: int | None
    container: str | None


class Trace(Frozen):
    """One observation back to its beginnings."""

    campaign: str
    job_id: str
    purpose: str
    fidelity: str
    source: str | None
    """The level it stands for where it was kept from before an upgrade."""
    is_set_aside: bool
    is_retracted: bool
    design: dict[str, float | int | str]
    seed: int
    dispatched: JournalPlace
    observed: JournalPlace | None
    n_attempts_lost: int
    ranked: JournalPlace | None
    """The ranking that chose it; None for the baseline."""
    decider: str | None
    candidate: Candidate | None
    programs: dict[str, str]
    compute_started: JournalPlace | None
    """The last start of compute before the result."""
    nodes: tuple[str, ...]
    stages: tuple[StageTrace, ...]
    started_at: str | None
    finished_at: str | None
    busy_s: float
    artifacts: dict[str, Artifact]
    fallbacks: tuple[str, ...]
    metrics: dict[str, float | None]
    failure: Failure | None


def find_job(state: State, asked: str) -> str:
    """Return the job id asked for: ``best``, an id, or the first digits of one.

    Raises ``Invalid`` where there is none, or more than one.
    """
    if asked == "best":
        best = measured_best(state)
        if best is None:
            raise Invalid(f"campaign {state.campaign.name} has no best design so far")
        return best.job.id
    if asked in state.dispatches:
        return asked
    found = [one for one in state.dispatches if one.startswith(asked)]
    if len(asked) < _FEWEST_DIGITS or not found:
        raise Invalid(
            f"campaign {state.campaign.name} has no job {asked!r}; give best, a job id or its "
            f"first {_FEWEST_DIGITS} digits or more (cellwright export lists them)"
        )
    if len(found) > 1:
        raise Invalid(f"{asked!r} is the beginning of {len(found)} jobs: {', '.join(found[:5])}")
    return found[0]


def read_trace(state: State, journal: JournalReader, job_id: str) -> Trace:
    """Return the trace of a job of the state; only what concerns it is decoded."""
    rows = journal.rows(state.campaign.name)
    return trace(state, _concerning(rows, state, job_id), job_id)


def trace(state: State, events: Iterable[Recorded], job_id: str) -> Trace:
    """Return the trace of a job of the state, from the journal's events."""
    job = state.dispatches[job_id].job
    dispatched: Recorded | None = None
    observed: Recorded | None = None
    rankings: dict[int, Recorded] = {}
    chosen_by: Recorded | None = None
    started: Recorded | None = None
    n_lost = 0
    for one_event in events:
        match one_event.event:
            case Ranked(ranking=ranking):
                rankings = {ranking.position: one_event}
            case Dispatched(job=one, ranking_position=position) if one.id == job_id:
                dispatched = one_event
                chosen_by = None if position is None else rankings.get(position)
            case AttemptLost(job_id=one_id) if one_id == job_id:
                n_lost += 1
            case ComputeStarted() if observed is None:
                started = one_event
            case Proposed(proposal=asked) | Edited(proposal=asked) if asked.job.id == job_id:
                chosen_by = rankings.get(asked.position, chosen_by)
            case BuildQueued(proposal_id=one_id) if _job_of(state, one_id) == job_id:
                dispatched = one_event
            case (
                Observed(observation=one_made)
                | Measured(observation=one_made)
                | BuildFailed(observation=one_made)
            ) if one_made.job.id == job_id:
                observed = one_event
    assert dispatched is not None
    result = _result(state, job_id)
    made = None if result is None else result.provenance
    stages = tuple(_stages(result))
    event = None if chosen_by is None else chosen_by.event
    ranking_ = event.ranking if isinstance(event, Ranked) else None
    return Trace(
        campaign=state.campaign.name,
        job_id=job_id,
        purpose=job.purpose,
        fidelity=job.fidelity,
        source=result.job.fidelity if result and result.job.fidelity != job.fidelity else None,
        is_set_aside=result is not None and job_id not in state.observations,
        is_retracted=job_id in state.retracted,
        design=dict(job.design.values),
        seed=job.seed,
        dispatched=_place(dispatched),
        observed=None if observed is None else _place(observed),
        n_attempts_lost=n_lost,
        ranked=None if chosen_by is None else _place(chosen_by),
        decider=None if ranking_ is None else f"{ranking_.decider} {ranking_.decider_version}",
        candidate=state.dispatches[job_id].candidate,
        programs={} if made is None else dict(made.versions),
        compute_started=None if started is None or observed is None else _place(started),
        nodes=tuple(dict.fromkeys(one.node for one in stages if one.node)),
        stages=stages,
        started_at=None if made is None else made.started_at,
        finished_at=None if made is None else made.finished_at,
        busy_s=0.0 if made is None else made.busy_s,
        artifacts={} if made is None else dict(made.artifacts),
        fallbacks=() if made is None else made.fallbacks,
        metrics={} if result is None else {n: m.value for n, m in result.metrics.items()},
        failure=None if result is None else result.failure,
    )


def _concerning(rows: Iterable[Row], state: State, job_id: str) -> Iterator[Recorded]:
    """Yield the events that name a job, each behind the last ranking before it; starts of compute.

    What cannot be told from the stored bytes is decoded.
    """
    proposals = [one for one in state.proposals if _job_of(state, one) == job_id]
    names = [one.encode() for one in (job_id, *proposals)]
    ranked: Row | None = None
    for row in rows:
        kind = kind_of_row(row)
        if kind == "ranked":
            ranked = row
        elif kind in (None, "compute_started") or any(name in row.body for name in names):
            if ranked is not None:
                yield recorded(ranked)
                ranked = None
            yield recorded(row)


def _job_of(state: State, proposal_id: str) -> str:
    return state.proposals[proposal_id].proposal.job.id


def _result(state: State, job_id: str) -> Observation | None:
    return state.observations.get(job_id) or state.set_aside.get(job_id)


def _place(one: Recorded) -> JournalPlace:
    return JournalPlace(
        position=one.position,
        at=one.at,
        epoch=one.epoch,
        session_s=one.session_s,
        hash=one.hash,
    )


def _stages(result: Observation | None) -> Iterable[StageTrace]:
    for record in () if result is None else result.provenance.stages:
        place, _, image = (record.worker or "").partition(" in ")
        node, _, process = place.rpartition(":")
        yield StageTrace(
            stage=record.stage,
            version=record.version,
            key=record.key,
            cached=record.cached,
            elapsed_s=record.elapsed_s,
            node=node or None,
            process=int(process) if process.isdigit() else None,
            container=image or None,
        )
