"""Whether a proposal waits, as somebody saw it: what every decision asks first."""

from __future__ import annotations

from datetime import UTC, datetime

from controller.authority import no
from controller.proposals import ProposalRecord
from controller.state import State
from experiments.design import Design
from experiments.errors import Rejected
from experiments.job import Job, new_job


def waiting_proposal(state: State, proposal_id: str, digest: str, now: datetime) -> ProposalRecord:
    """Return a proposal that may be decided on as the person saw it. Raises ``Rejected``."""
    record = known_proposal(state, proposal_id)
    if record.status != "proposed":
        step = record.last
        who = f" by {step.by.person}" if step.by is not None else ""
        raise no("decided", f"{proposal_id} was {record.status}{who} at {step.at}")
    if has_lapsed(record, now):
        raise no("expired", f"{proposal_id} could be decided on until {record.proposal.expires_at}")
    if record.proposal.digest != digest:
        raise stale(record)
    return record


def has_lapsed(record: ProposalRecord, now: datetime) -> bool:
    """Say whether the time to decide is over."""
    return now >= datetime.fromisoformat(record.proposal.expires_at)


def job_of(state: State, fidelity: str, design: Design) -> Job:
    """Return the job that a build of a design answers."""
    campaign = state.campaign
    return new_job(campaign.name, design, fidelity, campaign_seed=campaign.seed)


def require_free(state: State, job: Job, proposal_id: str) -> None:
    """Raise ``Rejected`` where a design is built already, or another proposal asks for it."""
    if job.id in state.dispatches:
        raise no("decided", f"the design of {proposal_id} is built already, as job {job.id}")
    for other in state.open_proposals:
        if other.proposal.id != proposal_id and other.proposal.job.id == job.id:
            raise no("decided", f"proposal {other.proposal.id} asks for the design already")


def require_not_rejected(state: State, job: Job, proposal_id: str, now: datetime) -> None:
    """Raise ``Rejected`` where the very same build was rejected, and that still counts."""
    at = now.astimezone(UTC).isoformat(timespec="milliseconds")
    for other in state.proposals.values():
        is_other = other.proposal.id != proposal_id and other.proposal.job.id == job.id
        if is_other and other.status == "rejected" and other.bars_its_design(at):
            step = other.last
            who = "" if step.by is None else f" by {step.by.person}"
            raise no("decided", f"rejected as {other.proposal.id}{who}: {step.reason}")


def known_proposal(state: State, proposal_id: str) -> ProposalRecord:
    """Return a proposal, whatever became of it. Raises ``Rejected``."""
    record = state.proposals.get(proposal_id)
    if record is None:
        listed = ", ".join(one.proposal.id for one in state.open_proposals) or "none"
        raise no(
            "unknown_proposal",
            f"campaign {state.campaign.name} has no proposal {proposal_id!r}; waiting: {listed}",
        )
    return record


def stale(record: ProposalRecord) -> Rejected:
    """Return the refusal of a decision on another version than the present one."""
    proposal = record.proposal
    return no(
        "stale",
        f"{proposal.id} is at version {proposal.version} ({proposal.digest[:12]}…) by now: look at "
        "it again",
        digest=proposal.digest,
        version=proposal.version,
    )
