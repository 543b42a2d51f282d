"""What can happen to a proposal and to the build it becomes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from experiments.build import Build, BuildPayload
from experiments.build_status import AsBuilt
from experiments.cycling_metrics import Intake
from experiments.frozen import Frozen
from experiments.observation import Observation
from experiments.proposal import Proposal, RejectionReason, Verdict


class Signatory(Frozen):
    """Who did it, as what, and how they showed it."""

    person: str = Field(min_length=1, max_length=100)
    roles: tuple[str, ...]
    """In this campaign."""
    sign_in: str
    """A ``Method`` of ``controller.people``; or ``policy``, which is nobody, for a lab that is
    simulated."""
    token_id: str | None = None
    """Of the token that showed it; None for a password, and in journals of earlier versions."""
    deputy_for: str | None = None
    """The approver in whose stead they decided."""

    @property
    def voice(self) -> str:
        """Return whose word it counts as: an approver and their deputy have one between them."""
        return self.deputy_for or self.person

    @property
    def names(self) -> frozenset[str]:
        """Return everybody whose word it is: who said it, and in whose stead."""
        return frozenset({self.person, self.voice})


class Proposed(Frozen):
    """A build is asked for; it waits for a person."""

    kind: Literal["proposed"] = "proposed"
    proposal: Proposal


class Decided(Frozen):
    """A person decided on one version of a proposal, and on exactly the digest."""

    kind: Literal["decided"] = "decided"
    proposal_id: str
    version: int = Field(ge=1)
    digest: str
    verdict: Verdict
    by: Signatory
    at: str
    """ISO time by the clock of the control process that checked it."""
    reason: RejectionReason | None = None
    """Of a rejection."""
    text: str = ""
    is_self_approved: bool = False
    """By somebody who made a version of it: the campaign's single approver, or one of two."""
    beside: Signatory | None = None
    """Who approved the same digest before, where a build needs two."""
    because: tuple[str, ...] = ()
    """Why it needed two."""


class FirstApproved(Frozen):
    """The first of two approvals that a build needs; nothing is built of it alone."""

    kind: Literal["first_approved"] = "first_approved"
    proposal_id: str
    version: int = Field(ge=1)
    digest: str
    by: Signatory
    at: str
    text: str = ""
    because: tuple[str, ...] = Field(min_length=1)
    """Why the build needs two."""
    is_self_approved: bool = False
    """By somebody who made a version of it."""


class Edited(Frozen):
    """A person changed what would be built: a new version, on which nobody has decided yet."""

    kind: Literal["edited"] = "edited"
    proposal: Proposal
    by: Signatory
    at: str
    text: str = ""
    diff: dict[str, tuple[JsonValue, JsonValue]]
    """Dotted key of the request → before and after."""


class Expired(Frozen):
    """Nobody decided in time. That never approves."""

    kind: Literal["expired"] = "expired"
    proposal_id: str
    version: int = Field(ge=1)


class Reminded(Frozen):
    """Whoever may decide was reminded; that decides nothing."""

    kind: Literal["reminded"] = "reminded"
    proposal_id: str
    version: int = Field(ge=1)
    share: float = Field(gt=0, lt=1)
    """Of the working time to decide that is over."""


class Deputised(Frozen):
    """An approver who is away has somebody decide in their stead, for a time; or is back."""

    kind: Literal["deputised"] = "deputised"
    person: str
    """Whom the campaign names."""
    deputy: str | None
    """None: nobody any more."""
    until: str
    """ISO time."""
    by: Signatory
    at: str
    text: str = ""


class Withdrawn(Frozen):
    """An approval was taken back before anything was sent."""

    kind: Literal["withdrawn"] = "withdrawn"
    proposal_id: str
    version: int = Field(ge=1)
    by: Signatory
    at: str
    text: str = ""


class BuildQueued(Frozen):
    """The outbox's row: stored in one transaction with the approval it stands on."""

    kind: Literal["build_queued"] = "build_queued"
    proposal_id: str
    build: Build
    payload: BuildPayload
    instrument: str


class Submitting(Frozen):
    """The order is about to be sent. From here on only the instrument knows whether it came."""

    kind: Literal["submitting"] = "submitting"
    build_id: str
    epoch: int = Field(ge=0)


class NotSubmitted(Frozen):
    """The order certainly did not arrive; it is sent again when the instrument can be reached."""

    kind: Literal["not_submitted"] = "not_submitted"
    build_id: str
    reason: str


class Submitted(Frozen):
    """The instrument has the build."""

    kind: Literal["submitted"] = "submitted"
    build_id: str


class OutcomeLost(Frozen):
    """Nobody knows whether the instrument has the build; it is asked, and then a person is."""

    kind: Literal["outcome_unknown"] = "outcome_unknown"
    build_id: str
    reason: str
    needs_person: bool = False
    """The instrument was asked, and its answer settles nothing."""


class Settled(Frozen):
    """A person went and looked."""

    kind: Literal["settled"] = "settled"
    build_id: str
    outcome: Literal["accepted", "not_accepted", "given_up"]
    """``not_accepted`` sends it again; ``given_up`` ends it without a result."""
    by: Signatory
    at: str
    text: str = ""


class BuildRunning(Frozen):
    """The instrument began, or moved on to another station."""

    kind: Literal["build_running"] = "build_running"
    build_id: str
    station: str | None = None


class ResultInDoubt(Frozen):
    """The lab is done, and what it delivered is not taken for a result without a person."""

    kind: Literal["result_in_doubt"] = "result_in_doubt"
    build_id: str
    reason: str


class FileTaken(Frozen):
    """A result file came in, good or not; its bytes are kept under their hash."""

    kind: Literal["file_taken"] = "file_taken"
    build_id: str
    intake: Intake


class StopTold(Frozen):
    """The instrument was told to stop a build that was ended here, and answered."""

    kind: Literal["stop_told"] = "stop_told"
    build_id: str
    answer: str
    """The build's state there, or that it is not known there."""


class Measured(Frozen):
    """The build's cells are tested; from here on its result is never lost and never made again."""

    kind: Literal["measured"] = "measured"
    build_id: str
    observation: Observation
    as_built: AsBuilt = AsBuilt()
    """Of the coating."""
    n_ok: int = Field(ge=0)
    """Of ``build.n_cells``."""


class BuildFailed(Frozen):
    """The build gives no number, and why."""

    kind: Literal["build_failed"] = "build_failed"
    build_id: str
    observation: Observation
    """With the failure."""


ProposalEvent = (
    Proposed | FirstApproved | Decided | Edited | Expired | Withdrawn | Reminded | Deputised
)
LabEvent = (
    Submitting
    | NotSubmitted
    | Submitted
    | OutcomeLost
    | BuildRunning
    | ResultInDoubt
    | FileTaken
    | Measured
    | BuildFailed
)
"""What came of a build in the lab."""
BuildEvent = BuildQueued | Settled | StopTold | LabEvent
OF_PEOPLE = (Deputised, FirstApproved, Decided, Edited, Withdrawn, BuildQueued, Settled)
"""What a command may write on a person's behalf while no control works on the campaign."""
