"""What is stored of a command before it is carried out."""

from __future__ import annotations

from controller.decide import (
    AskRanking,
    Command,
    Dispatch,
    Fail,
    Finish,
    Quarantine,
    Send,
    Withdraw,
)
from controller.events import Dispatched, Event, Finished, Interrupted, Observed
from controller.proposing import ApproveByPolicy, Expire, Propose, Remind
from experiments.observation import Failure, FailureKind, Observation


def events_of(command: Command) -> list[Event]:
    """Return what must be stored before a command is carried out."""
    match command:
        case Dispatch(job=job, candidate=candidate, ranking_position=position):
            return [Dispatched(job=job, candidate=candidate, ranking_position=position)]
        case Quarantine(job=job, n_lost=n_lost, reason=reason):
            message = f"{n_lost} workers died under this job, which is not tried again: {reason}"
            failure = Failure(kind=FailureKind.worker_died, message=message)
            return [Observed(observation=Observation(job=job, failure=failure))]
        case Finish(reason=reason):
            return [Finished(reason=reason)]
        case Fail(reason=reason):
            return [Interrupted(reason=reason)]
        case Send() | Withdraw() | AskRanking():
            return []
        case Propose() | ApproveByPolicy() | Expire() | Remind():
            return []  # what is stored of them rests on the lab: controller.proposer
