"""A small compute process that keeps to the messages and fails as its first argument says."""

from __future__ import annotations

import os
import signal
import sys

from agents.messages import (
    Fault,
    Heartbeat,
    JobFinished,
    Ready,
    RunJob,
    Shutdown,
    decode_to_compute,
    encode,
)
from experiments.frozen import Frozen
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
    say(Ready(slots=2, versions={"cwd": os.getcwd()}, stage_versions={}))
    if behaviour == "falls silent":
        signal.pause()
    if behaviour == "talks nonsense":
        os.write(write_descriptor, b'{"kind": "gossip"}\n')
    for line in requests:
        message = decode_to_compute(line)
        if isinstance(message, Shutdown):
            return
        if isinstance(message, RunJob):
            if behaviour == "dies of a job":
                os.kill(os.getpid(), signal.SIGKILL)
            say(JobFinished(observation=observe(message.job)))
        say(Heartbeat(sequence=1, round_trip_s=0.01, busy=0))
    if behaviour == "outlives its control":
        signal.pause()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
