"""What can happen to a campaign: the events of the journal, from which everything else follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, TypeAdapter, ValidationError

from controller.proposal_events import BuildEvent, ProposalEvent
from experiments.approval import Approval
from experiments.budget import Budget, Stopping
from experiments.campaign import Campaign
from experiments.errors import Rejected
from experiments.frozen import Frozen
from experiments.job import Job
from experiments.observation import Artifact, Observation
from experiments.ranking import Candidate, Ranking
from experiments.storage import Storage

UpgradeChoice = Literal["keep", "redo", "back"]
"""Keep the old results as a source of their own, make them again, or go back to their versions."""


class CampaignStarted(Frozen):
    """The first event of every campaign."""

    kind: Literal["campaign_started"] = "campaign_started"
    campaign: Campaign
    source: str
    """Where the campaign was read from, for people."""
    text: str
    """The campaign file as it was."""


class Amended(Frozen):
    """The parts of a campaign that may change on the way."""

    kind: Literal["amended"] = "amended"
    budget: Budget
    stopping: Stopping
    approval: Approval | None = None
    """None in journals written before there were builds: it stays as it was."""
    storage: Storage = Storage()
    text: str


class Resumed(Frozen):
    """A control process took the campaign up again."""

    kind: Literal["resumed"] = "resumed"


class ComputeStarted(Frozen):
    """Compute can take jobs."""

    kind: Literal["compute_started"] = "compute_started"
    slots: int = Field(ge=1)
    versions: dict[str, str]
    stage_versions: dict[str, str]
    nodes: tuple[str, ...] = ()


class ComputeLost(Frozen):
    """The compute process ended or fell silent; what it worked on is sent to the next one."""

    kind: Literal["compute_lost"] = "compute_lost"
    reason: str


class Ranked(Frozen):
    """A decider answered; its candidates replace the backlog."""

    kind: Literal["ranked"] = "ranked"
    ranking: Ranking
    n_observed: int = Field(ge=0)
    """Observations the question rested on."""
    n_dispatched: int = Field(ge=0)
    """Jobs dispatched when the question was asked."""
    pending: tuple[str, ...] = ()
    """Ids of the jobs in flight when the question was asked, builds included."""
    proposed: tuple[str, ...] = ()
    """Ids of the proposals that waited then."""
    unmakeable: tuple[str, ...] = ()
    """Ids of the proposals that had been rejected by then because they cannot be made."""
    n_proposal_steps: int = Field(default=0, ge=0)
    """Steps of all proposals until then."""
    left: dict[str, int] = Field(default_factory=dict)
    """Evaluations the question allowed, by fidelity."""
    n_candidates: int | None = None
    """How many candidates it asked for; None in journals written before this was kept."""


class Dispatched(Frozen):
    """A job was chosen. It is sent after this is stored, and again after every loss."""

    kind: Literal["dispatched"] = "dispatched"
    job: Job
    candidate: Candidate | None = None
    """What the decider thought of it; None for the baseline."""
    ranking_position: int | None = None


class AttemptLost(Frozen):
    """A worker died under a job."""

    kind: Literal["attempt_lost"] = "attempt_lost"
    job_id: str
    reason: str


class Observed(Frozen):
    """A job gave its result; from here on it is never lost and never made again."""

    kind: Literal["observed"] = "observed"
    observation: Observation


class VoxelsDropped(Frozen):
    """Voxels that a seed makes again are deleted after this, to keep the disk budget."""

    kind: Literal["voxels_dropped"] = "voxels_dropped"
    artifacts: tuple[Artifact, ...]
    size_bytes: int = Field(ge=0)


class Taught(Frozen):
    """Results that were known before the campaign began."""

    kind: Literal["taught"] = "taught"
    name: str
    """Of the level they make up."""
    observations: tuple[Observation, ...]


class Imported(Frozen):
    """The campaign's events before this one were copied from another journal, as they were."""

    kind: Literal["imported"] = "imported"
    archive_sha256: str
    positions: tuple[tuple[int, int], ...]
    """Where they stood there, as first position and number. Positions named within events, such as
    a ranking's, are those."""
    last_hash: str
    """Of the last of them, there."""


class Interrupted(Frozen):
    """Control stopped in good order before the campaign's end."""

    kind: Literal["interrupted"] = "interrupted"
    reason: str


class Paused(Frozen):
    """A person wants nothing more to be dispatched."""

    kind: Literal["paused"] = "paused"
    by: str
    reason: str = ""
    is_drain: bool = False
    """Once nothing runs the session ends; the one after it goes on."""


class Unpaused(Frozen):
    """A person lifted the pause."""

    kind: Literal["unpaused"] = "unpaused"
    by: str
    reason: str = ""


class Prioritised(Frozen):
    """A person said which share of the workers the campaign may use."""

    kind: Literal["prioritised"] = "prioritised"
    share_pct: int = Field(ge=1, le=100)
    by: str
    reason: str = ""


class UpgradeSettled(Frozen):
    """A person said what becomes of results that earlier versions of the stages made."""

    kind: Literal["upgrade_settled"] = "upgrade_settled"
    choice: UpgradeChoice
    by: str
    reason: str = ""


class Retracted(Frozen):
    """A person took a result back."""

    kind: Literal["retracted"] = "retracted"
    job_id: str
    by: str
    reason: str


class Corrected(Frozen):
    """A person put one metric of a result right."""

    kind: Literal["corrected"] = "corrected"
    job_id: str
    metric: str
    value: FiniteFloat
    by: str
    reason: str


class Aborted(Frozen):
    """A person ended the campaign for good."""

    kind: Literal["aborted"] = "aborted"
    by: str
    reason: str = ""


class Finished(Frozen):
    """The campaign is at its end."""

    kind: Literal["finished"] = "finished"
    reason: str
    """``budget``, the stopping rules that held, or why no further candidate could be had."""


Event = Annotated[
    CampaignStarted
    | Amended
    | Resumed
    | ComputeStarted
    | ComputeLost
    | Ranked
    | Dispatched
    | AttemptLost
    | Observed
    | VoxelsDropped
    | Taught
    | Imported
    | Interrupted
    | Paused
    | Unpaused
    | Aborted
    | UpgradeSettled
    | Retracted
    | Corrected
    | Prioritised
    | Finished
    | ProposalEvent
    | BuildEvent,
    Field(discriminator="kind"),
]

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


@dataclass(frozen=True)
class Recorded:
    """An event with its place in the journal."""

    position: int
    campaign: str
    epoch: int
    """Which start of a control process wrote it."""
    at: str
    """Wall-clock time, ISO 8601 in UTC; for people, never for order."""
    session_s: float
    """Monotonic seconds since that control process started; for durations."""
    event: Event
    hash: str


def encode_event(event: Event) -> bytes:
    """Return the bytes the journal stores."""
    return event.model_dump_json(exclude_defaults=False).encode()


def decode_event(body: bytes, position: int) -> Event:
    """Read stored bytes. Raises ``Rejected`` where this version does not understand them."""
    try:
        return _EVENT.validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise Rejected(
            f"journal position {position} holds an event this version cannot read: "
            f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}",
            position=position,
        ) from error
