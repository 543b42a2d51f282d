"""How the events of proposals and builds change what is known; part of ``controller.fold``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from controller.proposal_events import (
    BuildEvent,
    BuildFailed,
    BuildQueued,
    BuildRunning,
    Decided,
    Deputised,
    Edited,
    Expired,
    FileTaken,
    FirstApproved,
    Measured,
    NotSubmitted,
    OutcomeLost,
    ProposalEvent,
    Proposed,
    Reminded,
    ResultInDoubt,
    Settled,
    StopTold,
    Submitted,
    Submitting,
    Withdrawn,
)
from controller.proposals import NEXT, BuildRecord, BuildStage, Deputy, ProposalRecord, Step
from experiments.errors import InternalError


def apply_to_proposal(draft: dict[str, Any], event: ProposalEvent, at: str) -> None:
    """Change the draft's proposals. Raises ``InternalError`` for what no control may write."""
    if isinstance(event, Deputised):
        draft["deputies"].pop(event.person, None)
        if event.deputy is not None:
            draft["deputies"][event.person] = Deputy(event.deputy, event.until)
        return
    proposals: dict[str, ProposalRecord] = draft["proposals"]
    if isinstance(event, Proposed):
        proposal = event.proposal
        if proposal.id in proposals or proposal.version != 1:
            raise InternalError(f"proposal {proposal.id} was made twice")
        step = Step("proposed", 1, proposal.digest, at)
        proposals[proposal.id] = ProposalRecord(proposal, "proposed", (step,))
        draft["backlog"].pop(proposal.job.id, None)
        return
    if isinstance(event, Edited):
        record = _waiting(proposals, event.proposal.id, event.proposal.version - 1)
        step = Step(
            "edited", event.proposal.version, event.proposal.digest, at, event.by, text=event.text
        )
        proposals[event.proposal.id] = replace(
            record, proposal=event.proposal, steps=(*record.steps, step)
        )
        draft["backlog"].pop(event.proposal.job.id, None)
        return
    if isinstance(event, Withdrawn):
        _withdraw(draft, event, at)
        return
    record = _waiting(proposals, event.proposal_id, event.version)
    if isinstance(event, Expired):
        step = Step("expired", event.version, record.proposal.digest, at)
        proposals[event.proposal_id] = replace(
            record, status="expired", steps=(*record.steps, step)
        )
        return
    if isinstance(event, Reminded):
        proposals[event.proposal_id] = replace(record, reminded=event.share)
        return
    if isinstance(event, FirstApproved):
        proposals[event.proposal_id] = _approved_first(record, event, at)
        return
    proposals[event.proposal_id] = _decided(record, event, at)


def apply_to_build(draft: dict[str, Any], event: BuildEvent, at: str) -> None:
    """Change the draft's builds. Raises ``InternalError`` for what no control may write.

    What a build has to do with jobs and observations is the caller's.
    """
    builds: dict[str, BuildRecord] = draft["builds"]
    if isinstance(event, BuildQueued):
        builds[event.build.id] = _queued(draft, event, at)
        return
    record = builds.get(event.build_id)
    if record is None:
        raise InternalError(f"build {event.build_id} was never queued")
    if isinstance(event, FileTaken):
        builds[event.build_id] = replace(record, intakes=(*record.intakes, event.intake))
        return
    if isinstance(event, StopTold):
        builds[event.build_id] = replace(record, owes_stop=False)
        return
    stage, changed = _change(event, record)
    if stage not in NEXT[record.stage]:
        raise InternalError(f"build {event.build_id} cannot go from {record.stage} to {stage}")
    since = record.since if stage == record.stage else at
    builds[event.build_id] = replace(
        record, **{"reason": "", "needs_person": False, **changed}, stage=stage, since=since
    )


def end_everything(draft: dict[str, Any], at: str, why: str) -> None:
    """Let what waits lapse and call what is under way failed: the campaign was ended for good."""
    for key, record in draft["proposals"].items():
        if record.status == "proposed":
            step = Step("expired", record.proposal.version, record.proposal.digest, at, text=why)
            draft["proposals"][key] = replace(record, status="expired", steps=(*record.steps, step))
    for key, build in draft["builds"].items():
        if not build.has_ended:
            was_sent = build.epoch is not None
            draft["builds"][key] = replace(
                build, stage="failed", reason=why, since=at, owes_stop=was_sent
            )


def _change(event: BuildEvent, before: BuildRecord) -> tuple[BuildStage, dict[str, Any]]:
    """Return the stage an event leads to, and what else it says."""
    match event:
        case Submitting(epoch=epoch):
            return "submitting", {"epoch": epoch}
        case NotSubmitted(reason=reason):
            return "queued", {"reason": reason, "epoch": None}
        case Submitted():
            return "submitted", {}
        case OutcomeLost(reason=reason, needs_person=needs_person):
            return "outcome_unknown", {"reason": reason, "needs_person": needs_person}
        case Settled(outcome="accepted", text=text) if before.stage == "running":
            return "running", {"reason": text, "is_taken_as_is": True}
        case Settled(outcome=outcome, text=text):
            stages: dict[str, BuildStage] = {
                "accepted": "submitted",
                "not_accepted": "queued",
                "given_up": "outcome_unknown",  # a BuildFailed follows in the same transaction
            }
            return stages[outcome], {"reason": text, "owes_stop": outcome == "given_up"}
        case BuildRunning(station=station):
            return "running", {"station": station}
        case ResultInDoubt(reason=reason):
            return "running", {"reason": reason, "needs_person": True}
        case Measured(as_built=as_built, n_ok=n_ok):
            return "measured", {"as_built": as_built, "n_ok": n_ok}
        case BuildFailed(observation=observation):
            failure = observation.failure
            return "failed", {"reason": "" if failure is None else failure.message}
    raise InternalError(f"{event.kind} changes no build")


def _waiting(
    proposals: dict[str, ProposalRecord], proposal_id: str, version: int
) -> ProposalRecord:
    """Return a proposal that waits in this version."""
    record = proposals.get(proposal_id)
    if record is None:
        raise InternalError(f"proposal {proposal_id} was never made")
    if record.status != "proposed" or record.proposal.version != version:
        raise InternalError(
            f"proposal {proposal_id} version {version} does not wait: version "
            f"{record.proposal.version} is {record.status}"
        )
    return record


def _decided(record: ProposalRecord, event: Decided, at: str) -> ProposalRecord:
    if event.digest != record.proposal.digest:
        raise InternalError(f"the decision on {event.proposal_id} is on another digest")
    step = Step(event.verdict, event.version, event.digest, at, event.by, event.reason, event.text)
    return replace(record, status=event.verdict, steps=(*record.steps, step))


def _approved_first(record: ProposalRecord, event: FirstApproved, at: str) -> ProposalRecord:
    if event.digest != record.proposal.digest or record.first_approval is not None:
        raise InternalError(f"{event.proposal_id} can have no such first approval")
    step = Step("first_approved", event.version, event.digest, at, event.by, text=event.text)
    return replace(record, steps=(*record.steps, step))


def _withdraw(draft: dict[str, Any], event: Withdrawn, at: str) -> None:
    record: ProposalRecord | None = draft["proposals"].get(event.proposal_id)
    if record is None or record.status != "approved" or record.build_id is None:
        raise InternalError(f"proposal {event.proposal_id} is not approved")
    build: BuildRecord = draft["builds"][record.build_id]
    if build.stage != "queued":
        raise InternalError(f"build {build.build.id} is {build.stage}: too late to withdraw it")
    step = Step("withdrawn", event.version, record.proposal.digest, at, event.by, text=event.text)
    draft["proposals"][event.proposal_id] = replace(
        record, status="withdrawn", steps=(*record.steps, step)
    )
    draft["builds"][record.build_id] = replace(build, stage="withdrawn", since=at)


def _queued(draft: dict[str, Any], event: BuildQueued, at: str) -> BuildRecord:
    record: ProposalRecord | None = draft["proposals"].get(event.proposal_id)
    if record is None or record.status != "approved" or record.build_id is not None:
        raise InternalError(f"build {event.build.id} stands on no approval of its own")
    if event.payload.request.digest != record.last.digest:
        raise InternalError(f"build {event.build.id} is not what was approved")
    if event.build.id in draft["builds"]:
        raise InternalError(f"build {event.build.id} was queued twice")
    draft["proposals"][event.proposal_id] = replace(record, build_id=event.build.id)
    job = record.proposal.job
    return BuildRecord(
        event.build, event.payload, event.instrument, job.id, job.fidelity, "queued", at
    )
