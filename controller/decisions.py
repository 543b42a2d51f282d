"""What a person may do to a proposal and to a build, as events: one set of rules for every way in.

Pure: command line, pages and programs call these with the state, and store what comes back in one
transaction. ``Rejected`` carries ``reason``: ``unknown_proposal``, ``unknown_build``, ``stale``
(another version is there by now), ``decided``, ``expired``, ``not_allowed``, ``needs_reason``,
``needs_second``, ``nothing_changed``, ``too_late``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, get_args

from controller.authority import no, require_may, require_may_decide, speaking_as
from controller.four_eyes import reasons_for_two
from controller.may_approve import require_may_approve
from controller.open_proposal import (
    has_lapsed,
    job_of,
    known_proposal,
    require_free,
    require_not_rejected,
    stale,
    waiting_proposal,
)
from controller.people.permission import Action
from controller.people.person import Person
from controller.proposal_events import (
    BuildQueued,
    Decided,
    Edited,
    Expired,
    FirstApproved,
    Signatory,
    Withdrawn,
)
from controller.proposals import ProposalRecord
from controller.request_diff import differences
from controller.state import State
from experiments.build import Build, BuildPayload, BuildRequest, DecisionReference
from experiments.proposal import RejectionReason, Verdict

REASONS: Final[tuple[str, ...]] = get_args(RejectionReason)
_OF_THE_DESIGN: Final = (
    "beats_incumbent",
    "is_inside_data",
    "nearest",
    "rescored",
    "score",
    "success_probability",
)
"""What is said of a design, and of no other."""
POLICY: Final = Signatory(person="policy", roles=(), sign_in="policy")
"""Who approves where the lab is simulated and the campaign says so."""


def decide_proposal(
    state: State,
    proposal_id: str,
    digest: str,
    verdict: Verdict,
    by: Person,
    *,
    now: datetime,
    build_id: str,
    reason: RejectionReason | None = None,
    text: str = "",
) -> tuple[FirstApproved | Decided | BuildQueued, ...]:
    """Return what a decision comes to: with an approval, the build in the outbox.

    Of a build that needs two approvers the first one's word alone is stored; both are on the same
    digest. Who may be one of them is ``controller.may_approve``'s.
    ``digest`` is of what the person was shown; ``build_id`` is new, and used for an approval only.
    Raises ``Rejected``.
    """
    who = require_may_decide(state, by, now)
    record = waiting_proposal(state, proposal_id, digest, now)
    if verdict == "rejected":
        if reason is None:
            raise no("needs_reason", f"a rejection needs a reason; allowed: {', '.join(REASONS)}")
        return (_decided(record, verdict, who, now, reason=reason, text=text),)
    because = reasons_for_two(state.campaign, record.proposal)
    is_self_approved = require_may_approve(state, record, who, because, text)
    if because and record.first_approval is None:
        return (_first_approved(record, who, now, text, because, is_self_approved),)
    return _approved(
        state, record, who, now, build_id, text, because, is_self_approved=is_self_approved
    )


def _first_approved(
    record: ProposalRecord,
    by: Signatory,
    now: datetime,
    text: str,
    because: tuple[str, ...],
    is_self_approved: bool,
) -> FirstApproved:
    return FirstApproved(
        proposal_id=record.proposal.id,
        version=record.proposal.version,
        digest=record.proposal.digest,
        by=by,
        at=now.isoformat(),
        text=text,
        because=because,
        is_self_approved=is_self_approved,
    )


def approve_by_policy(
    state: State, proposal_id: str, *, now: datetime, build_id: str
) -> tuple[Decided | BuildQueued, ...]:
    """Return the approval of a campaign whose policy approves. Raises ``Rejected``.

    That the instrument is simulated is the caller's to know, by the administrator's file.
    """
    if state.campaign.approval.policy != "approve_simulated":
        raise no("not_allowed", "this campaign has no policy that approves")
    digest = known_proposal(state, proposal_id).proposal.digest
    record = waiting_proposal(state, proposal_id, digest, now)
    return _approved(state, record, POLICY, now, build_id, "")


def _approved(
    state: State,
    record: ProposalRecord,
    by: Signatory,
    now: datetime,
    build_id: str,
    text: str,
    because: tuple[str, ...] = (),
    *,
    is_self_approved: bool = False,
) -> tuple[Decided, BuildQueued]:
    """Return the decision, and in the same transaction the outbox's row."""
    proposal = record.proposal
    if build_id in state.builds:
        raise no("decided", f"build {build_id} exists")
    require_free(state, proposal.job, proposal.id)
    first = record.first_approval
    decided = _decided(
        record,
        "approved",
        by,
        now,
        text=text,
        is_self_approved=is_self_approved,
        beside=first.by if because and first is not None else None,
        because=because,
    )
    payload = BuildPayload(
        request=proposal.request,
        decision=DecisionReference(
            proposal_id=proposal.id, digest=proposal.digest, person=by.person
        ),
    )
    build = Build(
        id=build_id,
        proposal_id=proposal.id,
        n_cells=proposal.request.n_cells,
        payload_sha256=payload.sha256,
    )
    queued = BuildQueued(
        proposal_id=proposal.id, build=build, payload=payload, instrument=proposal.instrument
    )
    return decided, queued


def edit_proposal(
    state: State,
    proposal_id: str,
    digest: str,
    request: BuildRequest,
    by: Person,
    *,
    now: datetime,
    text: str = "",
) -> tuple[Edited]:
    """Return a new version with what shall be built instead. Raises ``Rejected``.

    Nothing is claimed of a new design here: ``controller.edit_score`` has what the decider says.
    """
    require_may(state, by, Action.edit)
    record = waiting_proposal(state, proposal_id, digest, now)
    before = record.proposal
    if request.campaign != state.campaign.name:
        raise no("not_allowed", "an edit stays within its campaign")
    if request.digest == digest:
        raise no("nothing_changed", f"{proposal_id} is the same as before")
    if not state.campaign.design.contains(request.design):
        raise no("not_allowed", "the design lies outside of the campaign's design space")
    job = job_of(state, before.job.fidelity, request.design)
    require_free(state, job, proposal_id)
    is_same_design = request.design == before.request.design
    asked_for = before.request.design if before.version == 1 else before.asked_for
    if not is_same_design:
        require_not_rejected(state, job, proposal_id, now)
    changed: dict[str, Any] = {
        "version": before.version + 1,
        "job": job,
        "request": request,
        "digest": request.digest,
        "asked_for": asked_for,
    }
    if not is_same_design:
        changed |= {"predicted": {}, **dict.fromkeys(_OF_THE_DESIGN), "unscored": "not asked"}
    return (
        Edited(
            proposal=before.model_copy(update=changed),
            by=speaking_as(state, by, now),
            at=now.isoformat(),
            text=text,
            diff=differences(before.request, request),
        ),
    )


def withdraw_proposal(
    state: State, proposal_id: str, digest: str, by: Person, *, now: datetime, text: str = ""
) -> tuple[Withdrawn]:
    """Return an approval's withdrawal, while nothing was sent. Raises ``Rejected``."""
    who = require_may_decide(state, by, now)
    record = known_proposal(state, proposal_id)
    if record.proposal.digest != digest:
        raise stale(record)
    build = None if record.build_id is None else state.builds[record.build_id]
    if record.status != "approved" or build is None:
        raise no("decided", f"{proposal_id} is {record.status}: there is no approval to withdraw")
    if build.stage != "queued":
        raise no("too_late", f"build {build.build.id} is {build.stage}: abort it in the lab")
    return (
        Withdrawn(
            proposal_id=proposal_id,
            version=record.proposal.version,
            by=who,
            at=now.isoformat(),
            text=text,
        ),
    )


def expire_proposal(state: State, proposal_id: str, *, now: datetime) -> tuple[Expired, ...]:
    """Return a proposal's expiry, or nothing while it may still be decided on."""
    record = known_proposal(state, proposal_id)
    if record.status != "proposed" or not has_lapsed(record, now):
        return ()
    return (Expired(proposal_id=proposal_id, version=record.proposal.version),)


def _decided(
    record: ProposalRecord, verdict: Verdict, by: Signatory, now: datetime, **said: Any
) -> Decided:
    return Decided(
        proposal_id=record.proposal.id,
        version=record.proposal.version,
        digest=record.proposal.digest,
        verdict=verdict,
        by=by,
        at=now.isoformat(),
        **said,
    )
