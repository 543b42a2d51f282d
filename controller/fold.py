"""State from events: pure, and the same in every process that reads the same journal."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from controller.backlog import backlog_of
from controller.events import (
    Aborted,
    Amended,
    AttemptLost,
    CampaignStarted,
    ComputeLost,
    ComputeStarted,
    Corrected,
    Dispatched,
    Finished,
    Imported,
    Interrupted,
    Observed,
    Paused,
    Prioritised,
    Ranked,
    Recorded,
    Resumed,
    Retracted,
    Taught,
    Unpaused,
    UpgradeSettled,
    VoxelsDropped,
)
from controller.growing_map import GrowingMap
from controller.packing import is_packed, packed, packed_map
from controller.proposal_events import (
    BuildEvent,
    BuildFailed,
    BuildQueued,
    Measured,
    ProposalEvent,
    Withdrawn,
)
from controller.proposal_fold import apply_to_build, apply_to_proposal, end_everything
from controller.proposals import barred
from controller.result_fold import change_results
from controller.session_fold import advance_session, note_first_job, update_session
from controller.state import Asked, Dispatch, Outlook, Pause, State
from controller.upgrade import kept_apart, made_again, outdated, seen_versions
from controller.usage import Usage
from experiments.errors import InternalError
from experiments.job import Job
from experiments.observation import Observation
from experiments.ranking import Candidate

_Draft = dict[str, Any]
"""The fields of a state whose dicts may be changed, so that a long fold copies them once."""
_GROWING: Final = frozenset({"dispatches", "observations", "observed_at"})
"""The mappings that hold something of every job there ever was."""


def fold(
    events: Iterable[Recorded], state: State | None = None, *, packs: bool = False
) -> State | None:
    """Return the state after the events; None where there is neither a state nor an event.

    ``packs`` has a state that begins here lie packed; one that does goes on so.
    Raises ``InternalError`` for a sequence that no control process may write.
    """
    draft = None if state is None else _draft_of(state)
    for recorded in events:
        if draft is None:
            draft = _first(recorded, packs=packs)
        draft["position"] = recorded.position
        advance_session(draft, recorded)
        if isinstance(recorded.event, ProposalEvent | BuildEvent):
            _apply_to_builds(draft, recorded, recorded.event)
        else:
            _apply(draft, recorded)
    return None if draft is None else State(**draft)


def apply(state: State | None, recorded: Recorded) -> State:
    """Return the state after one more event."""
    after = fold([recorded], state)
    assert after is not None
    return after


def _draft_of(state: State) -> _Draft:
    return {name: _changeable(name, value) for name, value in vars(state).items()}


def _changeable(name: str, value: Any) -> Any:
    """Return what may be changed: a copy of what stays small, and of what grows the map itself."""
    if name in _GROWING:
        return value if isinstance(value, GrowingMap) else GrowingMap(value)
    return dict(value) if isinstance(value, Mapping) else value


def _first(recorded: Recorded, *, packs: bool) -> _Draft:
    event = recorded.event
    if not isinstance(event, CampaignStarted):
        raise InternalError(f"the first event of {recorded.campaign} is a {event.kind}")
    state = State(event.campaign, event.source, event.text, started_at=recorded.at)
    return _draft_of(packed(state) if packs else state)


def _apply(draft: _Draft, recorded: Recorded) -> None:
    match recorded.event:
        case Ranked() as event:
            _rank(draft, event, recorded.at)
        case Dispatched() as event:
            _dispatch(draft, event, recorded)
        case Observed() as event:
            _observe(draft, event, recorded)
        case Taught() | VoxelsDropped() | Imported() | Retracted() | Corrected() as event:
            change_results(draft, event, recorded.at)
        case AttemptLost() as event:
            _lose_attempt(draft, event)
        case ComputeStarted() | ComputeLost() as event:
            _change_compute(draft, event, recorded)
        case Prioritised(share_pct=share_pct):
            draft["share_pct"] = share_pct
        case UpgradeSettled() as event:
            _settle_upgrade(draft, event)
        case Paused() | Unpaused() | Aborted() as event:
            _obey(draft, event, recorded)
        case CampaignStarted() | Resumed() | Amended() | Interrupted() | Finished() as event:
            _change_phase(draft, event, recorded)


def _change_phase(
    draft: _Draft,
    event: CampaignStarted | Resumed | Amended | Interrupted | Finished,
    recorded: Recorded,
) -> None:
    match event:
        case CampaignStarted():
            if draft["dispatches"] or len(draft["sessions"]) > 1:
                raise InternalError(f"{recorded.campaign} was started twice")
        case Resumed():
            draft.update(phase="running", reason="")
        case Amended():
            changed = {
                "budget": event.budget,
                "stopping": event.stopping,
                "storage": event.storage,
                "approval": event.approval or draft["campaign"].approval,
            }
            draft["campaign"] = draft["campaign"].model_copy(update=changed)
            draft.update(text=event.text, phase="running", reason="")
            if draft["asked"] is not None:
                draft["asked"] = replace(draft["asked"], is_budget_old=True)
        case Interrupted():
            draft.update(phase="interrupted", reason=event.reason)
            if draft["pause"] is not None and draft["pause"].is_drain:
                draft["pause"] = None
        case Finished():
            draft.update(phase="finished", reason=event.reason)


def _obey(draft: _Draft, event: Paused | Unpaused | Aborted, recorded: Recorded) -> None:
    match event:
        case Paused():
            draft["pause"] = Pause(event.by, event.reason, recorded.at, event.is_drain)
        case Unpaused():
            draft["pause"] = None
        case Aborted():
            why = f"aborted by {event.by}" + (f": {event.reason}" if event.reason else "")
            draft.update(phase="finished", reason=why, pause=None, is_aborted=True)
            draft["in_flight"].clear()
            end_everything(draft, recorded.at, why)
            draft["lost"].clear()
            draft["outdated"] = None


def _settle_upgrade(draft: _Draft, event: UpgradeSettled) -> None:
    if draft["outdated"] is None:
        raise InternalError("an upgrade was settled that did not wait for it")
    if event.choice != "back":
        settle = kept_apart if event.choice == "keep" else made_again
        is_to_be_packed = is_packed(draft["observations"])
        draft.update(settle(State(**draft)))
        if is_to_be_packed:
            draft["observations"] = packed_map("observations", draft["observations"])


def _change_compute(draft: _Draft, event: ComputeStarted | ComputeLost, recorded: Recorded) -> None:
    if isinstance(event, ComputeLost):
        draft["n_compute_lost"] += 1
        return
    draft.update(stage_versions=dict(event.stage_versions), versions=dict(event.versions))
    draft["outdated"] = outdated(State(**draft), recorded.at)
    update_session(draft, n_slots=event.slots)
    if draft["in_flight"]:
        note_first_job(draft, recorded)


def _rank(draft: _Draft, event: Ranked, at: str) -> None:
    ranking, built = event.ranking, draft["campaign"].build_level
    asked: Asked | None = draft["asked"]
    n_meanwhile = len(draft["observations"]) - event.n_observed
    draft["asked"] = Asked(
        n_observed=event.n_observed,
        n_dispatched=event.n_dispatched,
        position=ranking.position,
        decider=ranking.decider,
        decider_version=ranking.decider_version,
        elapsed_s=ranking.elapsed_s,
        n_meanwhile=max(n_meanwhile, asked.n_meanwhile // 2 if asked is not None else 0),
        n_proposal_steps=event.n_proposal_steps,
        could_build=built is not None and event.left.get(built.name, 0) > 0,
    )
    known: ChainMap[str, Any] = ChainMap(draft["dispatches"], barred(draft["proposals"], at))
    draft["backlog"] = backlog_of(
        draft["campaign"],
        ranking,
        known=known,
        again=draft["kept_apart"] | draft["retracted"],
    )
    if ranking.recommended is not None:
        draft["recommended"] = ranking.recommended
    if ranking.prospect is not None:
        before = [o for o in draft["outlooks"] if o.n_observed < event.n_observed]
        draft["outlooks"] = (*before[-1:], Outlook(event.n_observed, ranking.prospect))
    if ranking.diagnosis is not None:
        draft["diagnosis"] = ranking.diagnosis
        draft["n_observed_at_diagnosis"] = event.n_observed


def _apply_to_builds(draft: _Draft, recorded: Recorded, event: ProposalEvent | BuildEvent) -> None:
    """Count builds as jobs: dispatched when they are queued, observed when they end."""
    if isinstance(event, ProposalEvent):
        apply_to_proposal(draft, event, recorded.at)
        if isinstance(event, Withdrawn):
            job = draft["proposals"][event.proposal_id].proposal.job
            draft["n_dispatched"][job.fidelity] -= 1
        return
    apply_to_build(draft, event, recorded.at)
    if isinstance(event, BuildQueued):
        proposal = draft["proposals"][event.proposal_id].proposal
        _note_dispatch(draft, proposal.job, proposal.candidate, recorded)
    elif isinstance(event, Measured | BuildFailed):
        _take_observation(draft, event.observation, recorded)


def _dispatch(draft: _Draft, event: Dispatched, recorded: Recorded) -> None:
    job = event.job
    _note_dispatch(draft, job, event.candidate, recorded)
    draft["in_flight"][job.id] = job
    note_first_job(draft, recorded)


def _note_dispatch(
    draft: _Draft, job: Job, candidate: Candidate | None, recorded: Recorded
) -> None:
    if job.id in draft["dispatches"]:
        raise InternalError(f"job {job.id} was dispatched twice")
    dispatch = Dispatch(job, candidate, recorded.position, recorded.at)
    draft["dispatches"] = draft["dispatches"].plus(job.id, dispatch)
    draft["backlog"].pop(job.id, None)
    if job.purpose == "search":
        counts = draft["n_dispatched"]
        counts[job.fidelity] = counts.get(job.fidelity, 0) + 1


def _observe(draft: _Draft, event: Observed, recorded: Recorded) -> None:
    job = event.observation.job
    if job.id in draft["observations"]:
        raise InternalError(f"job {job.id} was observed twice")
    if job.id not in draft["in_flight"]:
        raise InternalError(f"job {job.id} was observed and never dispatched")
    del draft["in_flight"][job.id]
    draft["lost"].pop(job.id, None)
    _take_observation(draft, event.observation, recorded)


def _take_observation(draft: _Draft, observation: Observation, recorded: Recorded) -> None:
    job = observation.job
    draft["observations"] = draft["observations"].plus(job.id, observation)
    draft["observed_at"] = draft["observed_at"].plus(job.id, recorded.at)
    draft["seen_versions"] = seen_versions(draft["seen_versions"], observation)
    draft["usage"][job.fidelity] = draft["usage"].get(job.fidelity, Usage()).plus(observation)
    written = observation.provenance.artifacts.values()
    draft["stored"] = draft["stored"].plus(written)
    update_session(draft, last_observed_s=recorded.session_s)


def _lose_attempt(draft: _Draft, event: AttemptLost) -> None:
    found = draft["dispatches"].get(event.job_id)
    if found is None:
        raise InternalError(f"lost an attempt at {event.job_id}, which was never dispatched")
    lost = replace(found, n_lost=found.n_lost + 1, last_loss=event.reason)
    draft["dispatches"] = draft["dispatches"].with_changed(event.job_id, lost)
    draft["lost"][event.job_id] = lost.n_lost
