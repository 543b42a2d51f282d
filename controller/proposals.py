"""Proposals and builds as they stand, and which step may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from controller.proposal_events import Signatory
from experiments.build import Build, BuildPayload
from experiments.build_status import AsBuilt
from experiments.cycling_metrics import Intake
from experiments.proposal import Proposal, RejectionReason

COOLDOWN: Final = timedelta(days=7)
"""How long a build that was rejected as ``not_now`` is not proposed again. Assumed."""
ProposalStatus = Literal["proposed", "approved", "rejected", "expired", "withdrawn"]
BuildStage = Literal[
    "queued",
    "submitting",
    "submitted",
    "outcome_unknown",
    "running",
    "measured",
    "failed",
    "withdrawn",
]
ENDED: Final = frozenset({"measured", "failed", "withdrawn"})
"""Stages after which nothing more happens to a build."""
NEXT: Final[Mapping[BuildStage, frozenset[BuildStage]]] = {
    "queued": frozenset({"submitting", "withdrawn", "failed"}),
    "submitting": frozenset({"queued", "submitted", "outcome_unknown", "failed"}),
    "outcome_unknown": frozenset({"outcome_unknown", "queued", "submitted", "failed"}),
    "submitted": frozenset({"outcome_unknown", "running", "measured", "failed"}),
    "running": frozenset({"outcome_unknown", "running", "measured", "failed"}),
    "measured": frozenset(),
    "failed": frozenset(),
    "withdrawn": frozenset(),
}
"""Which stage may follow which."""


@dataclass(frozen=True)
class Step:
    """One thing that happened to a proposal."""

    kind: Literal[
        "proposed", "edited", "first_approved", "approved", "rejected", "expired", "withdrawn"
    ]
    version: int
    digest: str
    at: str
    by: Signatory | None = None
    """None: nobody did it."""
    reason: RejectionReason | None = None
    text: str = ""


@dataclass(frozen=True)
class ProposalRecord:
    """A proposal in its latest version, and all that happened to it."""

    proposal: Proposal
    status: ProposalStatus
    steps: tuple[Step, ...]
    build_id: str | None = None
    reminded: float = 0.0
    """The share of its time that somebody was reminded at last."""

    @property
    def last(self) -> Step:
        """Return what happened last."""
        return self.steps[-1]

    def bars_its_design(self, at: str) -> bool:
        """Say whether the very same build is not to be proposed again at a time.

        One that lapsed may be; one that did not suit may be once it has cooled down.
        """
        if self.status == "expired":
            return False
        if self.status == "rejected" and self.last.reason == "not_now":
            return self.last.at <= at < cooled_down_at(self.last.at)
        return True

    @property
    def editor(self) -> str | None:
        """Return who made the present version; None where the decider did."""
        made = [step for step in self.steps if step.kind in ("proposed", "edited")]
        return made[-1].by.person if made[-1].by is not None else None

    @property
    def first_approval(self) -> Step | None:
        """Return the first of two approvals of the present version; an edit makes it void."""
        of_this = (step for step in self.steps if step.version == self.proposal.version)
        return next((step for step in of_this if step.kind == "first_approved"), None)

    @property
    def editors(self) -> frozenset[str]:
        """Return everybody who changed it since it was proposed, in whatever version.

        What a deputy changed the approver did too, in whose stead they decided then.
        """
        edits = (step.by for step in self.steps if step.kind == "edited")
        return frozenset(name for by in edits if by is not None for name in by.names)


@dataclass(frozen=True)
class Deputy:
    """Who decides in an approver's stead, and until when."""

    name: str
    until: str

    def is_in_force(self, now: datetime) -> bool:
        """Say whether the time is not over."""
        return now < datetime.fromisoformat(self.until)


def barred(proposals: Mapping[str, ProposalRecord], at: str) -> dict[str, ProposalRecord]:
    """Return what is not to be proposed again at a time, by job id."""
    return {one.proposal.job.id: one for one in proposals.values() if one.bars_its_design(at)}


def cooled_down_at(rejected_at: str) -> str:
    """Return from when on a build that was rejected as ``not_now`` may be proposed again."""
    return (datetime.fromisoformat(rejected_at) + COOLDOWN).isoformat()


@dataclass(frozen=True)
class BuildRecord:
    """A build on its way through the lab."""

    build: Build
    payload: BuildPayload
    instrument: str
    job_id: str
    fidelity: str
    stage: BuildStage = "queued"
    since: str = ""
    """When it came to this stage: ISO time."""
    reason: str = ""
    """Why it is where it is, where that needs saying."""
    needs_person: bool = False
    """Only a person can say whether the instrument has it, or what its result is worth."""
    is_taken_as_is: bool = False
    """A person said that what the lab delivered is its result."""
    station: str | None = None
    epoch: int | None = None
    """In which it was sent last."""
    intakes: tuple[Intake, ...] = ()
    """Every result file, the quarantined ones too, in order of arrival."""
    as_built: AsBuilt = field(default_factory=AsBuilt)
    n_ok: int = 0
    owes_stop: bool = False
    """It was ended here, and the lab was not heard to know that yet."""

    @property
    def takes_from_the_lab(self) -> bool:
        """Say whether its cells and their price count: not where it was never sent."""
        is_unsent = self.epoch is None and self.stage in ENDED
        return not is_unsent

    @property
    def has_ended(self) -> bool:
        """Say whether nothing more will happen to it."""
        return self.stage in ENDED
