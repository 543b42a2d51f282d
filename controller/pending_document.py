"""What people are waited for: the proposals of a campaign and its builds, as one JSON document."""

from __future__ import annotations

from controller.budget import allowance
from controller.coating_line import line_words
from controller.four_eyes import reasons_for_two
from controller.incumbent import incumbent
from controller.lessons import lessons
from controller.proposals import BuildRecord, ProposalRecord
from controller.reality_check import RealityCheck, reality_check
from controller.state import State
from controller.status_document import Result, result
from experiments.frozen import Frozen
from experiments.proposal import Proposal

ON_REJECTION = (
    "nothing is built and its cells are free again; this very build is not proposed again "
    "(not_now: not for 7 days); a rejection is never a number to the model"
)


class PendingProposal(Frozen):
    """A proposal that waits, with how to name exactly this version of it."""

    name: str
    """``p3@1a2b3c4d5e6f``: what ``approve`` and ``reject`` take."""
    proposal: Proposal
    edited_by: str | None
    waits_since: str
    comes_out: tuple[str, ...] = ()
    """What the coating line will probably make of it, in words; empty before the first build."""
    needs_two: tuple[str, ...]
    """Why two approvers are needed; empty: one is enough."""
    approved_by: str | None
    """The first of the two."""
    on_rejection: str = ON_REJECTION


class BuildStanding(Frozen):
    """A build on its way, or at its end."""

    build_id: str
    proposal_id: str
    approved_by: str
    instrument: str
    stage: str
    since: str
    station: str | None
    reason: str
    needs_person: bool
    """Only a person can say whether the lab has it: ``cellwright settle``."""
    n_ok: int
    n_cells: int
    files: dict[str, str]
    """Result file → what became of it."""


class PendingDocument(Frozen):
    """Everything a script may ask about builds."""

    campaign: str
    proposals: tuple[PendingProposal, ...]
    builds: tuple[BuildStanding, ...]
    incumbent: Result | None
    """As ``controller.incumbent`` has it, for every way to look at a proposal."""
    reality: RealityCheck
    """The model and the coating line on real cells so far."""
    left: int
    """Builds that the budget still allows, beside those."""
    lessons: dict[str, str]
    """By the id of a rejected proposal, what its rejection did."""


def pending_document(state: State) -> PendingDocument:
    """Return the document."""
    level = state.campaign.build_level
    best = incumbent(state)
    return PendingDocument(
        campaign=state.campaign.name,
        proposals=tuple(_pending(state, record) for record in state.open_proposals),
        builds=tuple(_standing(build) for build in state.builds.values()),
        incumbent=None if best is None else result(state, best[1]),
        reality=reality_check(state),
        left=0 if level is None else allowance(state).left().get(level.name, 0),
        lessons=dict(lessons(state)),
    )


def proposal_name(proposal: Proposal) -> str:
    """Return what a person types to mean exactly this version."""
    return f"{proposal.id}@{proposal.digest[:12]}"


def _pending(state: State, record: ProposalRecord) -> PendingProposal:
    first = record.first_approval
    return PendingProposal(
        name=proposal_name(record.proposal),
        proposal=record.proposal,
        edited_by=record.editor,
        waits_since=record.last.at,
        comes_out=tuple(line_words(state, record.proposal.request)),
        needs_two=reasons_for_two(state.campaign, record.proposal),
        approved_by=first.by.person if first is not None and first.by is not None else None,
    )


def _standing(build: BuildRecord) -> BuildStanding:
    return BuildStanding(
        build_id=build.build.id,
        proposal_id=build.build.proposal_id,
        approved_by=build.payload.decision.person,
        instrument=build.instrument,
        stage=build.stage,
        since=build.since,
        station=build.station,
        reason=build.reason,
        needs_person=build.needs_person,
        n_ok=build.n_ok,
        n_cells=build.build.n_cells,
        files={
            one.name: one.outcome + (f": {one.reason}" if one.reason else "")
            for one in build.intakes
        },
    )
