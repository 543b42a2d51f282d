"""A small compute process that keeps to the messages and fails as its first argument says."""

from __future__ import annotations

import os
import pathlib
import signal
import sys

from agents.messages import (
    CancelJob,
    Fault,
    Heartbeat,
    JobFinished,
    JobStarted,
    Learn,
    Ready,
    RunJob,
    Shutdown,
    decode_to_compute,
    encode,
)
from experiments.frozen import Frozen
from experiments.job import Job
from tests.controller.doubles import observe


def main(behaviour: str, read_descriptor: int, write_descriptor: int) -> None:
    requests = os.fdopen(read_descriptor, "rb")

    def say(message: Frozen) -> None:
        os.write(write_descriptor, encode(message))

    print("scripted compute", behaviour, file=sys.stderr, flush=True)
    requests.readline()
    if behaviour == "dies before ready":
        raise SystemExit("no such module: science")
    if behaviour == "refuses the input":
        say(
            Fault(
                message="--ray 10.0.0.1:6379: nobody answers", is_fatal=True, is_invalid_input=True
            )
        )
        return
    if behaviour == "never ready":
        signal.pause()
    if behaviour == "has no heir":
        turn = pathlib.Path("lives")
        turn.write_text(turn.read_text() + "+" if turn.exists() else "+")
        if turn.read_text() == "++":
            raise SystemExit("no room for two")
    say(Ready(slots=2, versions={"cwd": os.getcwd()}, stage_versions={}))
    if behaviour == "falls silent":
        signal.pause()
    if behaviour == "talks nonsense":
        os.write(write_descriptor, b'{"kind": "gossip"}\n')
    held: list[Job] = []
    for line in requests:
        message = decode_to_compute(line)
        if isinstance(message, CancelJob):
            print("cancelled", message.job_id, file=sys.stderr, flush=True)
            continue
        if isinstance(message, Shutdown):
            return
        if isinstance(message, RunJob):
            if behaviour == "dies of a job it began":
                say(JobStarted(job_id=message.job.id, stage="generate"))
            if behaviour.startswith("dies of a job"):
                os.kill(os.getpid(), signal.SIGKILL)
            if behaviour == "takes its time" and message.job.fidelity == "fine":
                say(JobStarted(job_id=message.job.id, stage="generate"))
                held.append(message.job)
                continue
            if behaviour == "takes its time" and held:
                continue
            say(JobFinished(observation=observe(message.job)))
        if isinstance(message, Learn):
            for job in held:
                say(JobFinished(observation=observe(job)))
        say(Heartbeat(sequence=1, round_trip_s=0.01, busy=0))
    if behaviour == "outlives its control":
        signal.pause()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
