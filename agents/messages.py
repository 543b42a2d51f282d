"""What control and compute say to each other: one JSON line a message, of limited length."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError

from experiments.campaign import Campaign
from experiments.design import Design
from experiments.errors import Invalid
from experiments.frozen import Frozen
from experiments.job import Job
from experiments.observation import Observation
from experiments.ranking import Ranking, Scores

MAX_LINE_BYTES: Final = 16 * 1024 * 1024
LEARN_CHUNK: Final = 200
"""Observations in one ``Learn``, so that a line stays far below its limit."""


class Configure(Frozen):
    """First message to compute: the campaign, where artifacts go, and what to run on."""

    kind: Literal["configure"] = "configure"
    campaign: Campaign
    home: str
    """Absolute path of the home."""
    artifact_url: str
    """fsspec URL of the artifact store."""
    executor: Literal["ray", "in_process"] = "ray"
    ray_address: str | None = None
    """None starts a local Ray."""
    n_workers: int | None = Field(default=None, ge=1)
    """None takes the machine's or the cluster's CPUs."""


class RunJob(Frozen):
    """Evaluate a job; answered by ``JobFinished`` or ``JobLost``."""

    kind: Literal["run_job"] = "run_job"
    job: Job


class CancelJob(Frozen):
    """Stop working on a job; no answer is owed."""

    kind: Literal["cancel_job"] = "cancel_job"
    job_id: str


class Learn(Frozen):
    """Observations that later questions rest on; compute keeps them until it ends."""

    kind: Literal["learn"] = "learn"
    observations: tuple[Observation, ...]


class Forget(Frozen):
    """What ``Learn`` told questions so far does not hold any more; it is told anew."""

    kind: Literal["forget"] = "forget"


class Ask(Frozen):
    """Ask the decider for a ranking; answered by ``Answered`` or ``AskFailed``."""

    kind: Literal["ask"] = "ask"
    request_id: str
    pending: tuple[Job, ...] = ()
    proposed: tuple[Job, ...] = ()
    unmakeable: tuple[Job, ...] = ()
    left: dict[str, int]
    n_candidates: int = Field(ge=1)
    position: int = Field(ge=0)


class Score(Frozen):
    """Ask the decider what it makes of designs; answered by ``Scored`` or ``ScoreFailed``."""

    kind: Literal["score"] = "score"
    request_id: str
    designs: tuple[Design, ...] = Field(min_length=1, max_length=16)
    fidelity: str
    pending: tuple[Job, ...] = ()
    proposed: tuple[Job, ...] = ()
    unmakeable: tuple[Job, ...] = ()
    left: dict[str, int]
    position: int = Field(ge=0)


class Shutdown(Frozen):
    """End now, workers included."""

    kind: Literal["shutdown"] = "shutdown"


class Ready(Frozen):
    """Compute can take jobs."""

    kind: Literal["ready"] = "ready"
    slots: int = Field(ge=1)
    """Jobs that can run at once."""
    versions: dict[str, str]
    stage_versions: dict[str, str]
    nodes: tuple[str, ...] = ()
    dashboard: str | None = None


class Heartbeat(Frozen):
    """A trivial call went through the cluster."""

    kind: Literal["heartbeat"] = "heartbeat"
    sequence: int
    round_trip_s: float
    busy: int
    """Worker slots busy now."""


class JobStarted(Frozen):
    """The first uncached stage of a job was handed to a worker."""

    kind: Literal["job_started"] = "job_started"
    job_id: str
    stage: str


class JobFinished(Frozen):
    """A job's observation, failures that tell of the design and time-outs included."""

    kind: Literal["job_finished"] = "job_finished"
    observation: Observation


class JobLost(Frozen):
    """A worker died under a job; control decides whether to send it again."""

    kind: Literal["job_lost"] = "job_lost"
    job_id: str
    reason: str


class Answered(Frozen):
    """The decider's ranking."""

    kind: Literal["answered"] = "answered"
    request_id: str
    ranking: Ranking


class AskFailed(Frozen):
    """The decider raised or its worker died."""

    kind: Literal["ask_failed"] = "ask_failed"
    request_id: str
    message: str


class Scored(Frozen):
    """What the decider makes of the designs it was asked about."""

    kind: Literal["scored"] = "scored"
    request_id: str
    scores: Scores


class ScoreFailed(Frozen):
    """The decider cannot say, and why."""

    kind: Literal["score_failed"] = "score_failed"
    request_id: str
    message: str


class Fault(Frozen):
    """Something is wrong beyond a job; after a fatal one compute ends."""

    kind: Literal["fault"] = "fault"
    message: str
    is_fatal: bool
    is_invalid_input: bool = False
    """The user must change something (a Ray address nobody answers, an unknown generator)."""


ToCompute = Annotated[
    Configure | RunJob | CancelJob | Learn | Forget | Ask | Score | Shutdown,
    Field(discriminator="kind"),
]
ToControl = Annotated[
    Ready
    | Heartbeat
    | JobStarted
    | JobFinished
    | JobLost
    | Answered
    | AskFailed
    | Scored
    | ScoreFailed
    | Fault,
    Field(discriminator="kind"),
]

_TO_COMPUTE: TypeAdapter[ToCompute] = TypeAdapter(ToCompute)
_TO_CONTROL: TypeAdapter[ToControl] = TypeAdapter(ToControl)


def encode(message: Frozen) -> bytes:
    """Return the message as one line. Raises ``Invalid`` where it is longer than allowed."""
    line = message.model_dump_json().encode() + b"\n"
    if len(line) > MAX_LINE_BYTES:
        raise Invalid(
            f"a {type(message).__name__} message of {len(line)} bytes exceeds {MAX_LINE_BYTES}"
        )
    return line


def decode_to_compute(line: bytes) -> ToCompute:
    """Read one line sent by control. Raises ``Invalid``."""
    try:
        return _TO_COMPUTE.validate_json(line)
    except ValidationError as error:
        raise Invalid(f"control sent an unreadable line: {error}") from error


def decode_to_control(line: bytes) -> ToControl:
    """Read one line sent by compute. Raises ``Invalid``."""
    try:
        return _TO_CONTROL.validate_json(line)
    except ValidationError as error:
        raise Invalid(f"compute sent an unreadable line: {error}") from error
