"""A campaign with real cells, its proposals and the people who decide about them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from controller.build_request import build_request
from controller.events import CampaignStarted, Event
from controller.fold import fold
from controller.people.person import Method, Person, Role
from controller.proposal_events import Proposed
from controller.state import State
from experiments.approval import Approval
from experiments.budget import Budget
from experiments.build import BuildRequest
from experiments.build_fidelity import BuildFidelity
from experiments.campaign import Campaign
from experiments.errors import Rejected
from experiments.job import Job, new_job
from experiments.proposal import Proposal
from experiments.ranking import Prediction
from tests.controller.doubles import MemoryJournal, small_campaign
from tests.instruments.a_build import request_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday."""
CELL = BuildFidelity(
    kind="build", name="cell", instrument="bench", n_cells=3, cost_EUR=90.0, channel_days=6.0
)


def building_campaign(
    *,
    budget: Budget | None = None,
    approval: Approval | None = None,
    at_once: int = 2,
    baseline: bool = False,
) -> Campaign:
    campaign = small_campaign(baseline=baseline)
    return Campaign.model_validate(
        {
            **campaign.model_dump(),
            "fidelities": (
                *campaign.fidelities,
                CELL.model_copy(update={"at_once": at_once}),
            ),
            "design": campaign.design.model_copy(
                update={"fixed": {**campaign.design.fixed, "positive.particle_d50_um": 6.0}}
            ),
            "target": "cell",
            "budget": budget or Budget(evaluations={"coarse": 6, "fine": 3, "cell": 4}),
            "approval": approval or Approval(approvers=("anna", "bo")),
        }
    )


CAMPAIGN = building_campaign()


def person(name: str = "anna", *roles: Role, method: Method = Method.token) -> Person:
    held = frozenset(roles or (Role.approver,))
    return Person(name=name, roles={CAMPAIGN.name: held}, method=method)


def job_at(unit: float, campaign: Campaign = CAMPAIGN) -> Job:
    design = campaign.design.from_unit([unit])
    return new_job(campaign.name, design, "cell", campaign_seed=campaign.seed)


def request_at(unit: float, campaign: Campaign = CAMPAIGN, **changes: object) -> BuildRequest:
    values = {
        "campaign": campaign.name,
        "design": campaign.design.from_unit([unit]),
        "recipe": campaign.recipe(campaign.design.from_unit([unit])),
    }
    return request_of(**{**values, **changes})


def proposal_at(
    unit: float, proposal_id: str = "p1", *, now: datetime = NOW, campaign: Campaign = CAMPAIGN
) -> Proposal:
    request = request_at(unit, campaign)
    return Proposal(
        id=proposal_id,
        job=job_at(unit, campaign),
        request=request,
        digest=request.digest,
        instrument="bench",
        predicted={"specific_energy_Wh_per_kg": Prediction(mean=200, sd=4, low=192, high=208)},
        reason="gain per price",
        position=1,
        cost_EUR=90.0,
        channel_days=6.0,
        proposed_at=now.isoformat(),
        expires_at=campaign.approval.expires_at(now).isoformat(),
    )


class Book:
    """A campaign's journal in memory, and the state it folds to."""

    def __init__(self, campaign: Campaign = CAMPAIGN) -> None:
        self.journal = MemoryJournal()
        self.campaign = campaign
        self.now = NOW
        self.state: State = self.write(
            CampaignStarted(campaign=campaign, source="small.yaml", text="")
        )

    def write(self, *events: Event) -> State:
        before = getattr(self, "state", None)
        after = fold(self.journal.append(self.campaign.name, list(events)), before)
        assert after is not None
        self.state = after
        return after

    def propose(self, unit: float, proposal_id: str = "p1") -> Proposal:
        proposal = proposal_at(unit, proposal_id, now=self.now, campaign=self.campaign)
        self.write(Proposed(proposal=proposal))
        return proposal

    def propose_real(self, unit: float, proposal_id: str = "p1") -> Proposal:
        """Propose a build with the protocol that would be run."""
        level = self.campaign.build_level
        assert level is not None
        request = build_request(self.campaign, level, job_at(unit, self.campaign).design)
        plain = proposal_at(unit, proposal_id, now=self.now, campaign=self.campaign)
        proposal = plain.model_copy(update={"request": request, "digest": request.digest})
        self.write(Proposed(proposal=proposal))
        return proposal

    def wait(self, days: float) -> None:
        self.now += timedelta(days=days)


def reason_of(error: Rejected) -> str:
    return str(error.evidence["reason"])
