"""How a build ends that gives no number, and what a person says of one that nobody knows of."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from controller.authority import no, require_may, signatory
from controller.people.permission import Action
from controller.people.person import Person
from controller.proposal_events import BuildFailed, Settled
from controller.proposals import BuildRecord
from controller.state import State
from experiments.observation import Failure, FailureKind, Observation

Outcome = Literal["accepted", "not_accepted", "given_up"]


def settle_build(
    state: State,
    build_id: str,
    outcome: Outcome,
    by: Person,
    *,
    now: datetime,
    text: str = "",
) -> tuple[Settled | BuildFailed, ...]:
    """Return a person's word on a build whose outcome nobody knows. Raises ``Rejected``.

    Any build that was sent may be given up while it has not ended; the lab is told to stop it.
    """
    require_may(state, by, Action.settle)
    record = state.builds.get(build_id)
    if record is None:
        raise no("unknown_build", f"campaign {state.campaign.name} has no build {build_id!r}")
    is_given_up = outcome == "given_up" and record.epoch is not None and not record.has_ended
    if record.stage == "running" and record.needs_person and outcome == "not_accepted":
        raise no(
            "not_allowed",
            f"the lab made build {build_id}: accepted takes what is there, given_up ends it",
        )
    if not is_given_up and not record.needs_person:
        raise no("decided", f"build {build_id} is {record.stage}: there is nothing to settle")
    settled = Settled(
        build_id=build_id,
        outcome=outcome,
        by=signatory(state, by),
        at=now.isoformat(),
        text=text,
    )
    if outcome != "given_up":
        return (settled,)
    why = f"given up by {by.name}" + (f": {text}" if text else "")
    return settled, failed_build(state, record, why)


def failed_build(state: State, record: BuildRecord, message: str) -> BuildFailed:
    """Return the end of a build that gives no number."""
    job = state.dispatches[record.job_id].job
    failure = Failure(kind=FailureKind.build_failed, message=message, stage="build")
    observation = Observation(job=job, recipe=record.payload.request.recipe, failure=failure)
    return BuildFailed(build_id=record.build.id, observation=observation)
