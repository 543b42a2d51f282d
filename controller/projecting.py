"""The projection's process: keeps a campaign's MLflow runs up to date for as long as control lives.

Started as ``python -P -m controller.projecting``. It reads its assignment from the first line of
its input, so that no password is on a command line, and then single letters: ``n`` for news, ``c``
to catch up and end. Its output is JSON lines, one a change. At the end of its input control is gone
and so is it: the next control's finds everything in the journal and the store.
"""

from __future__ import annotations

import json
import os
import select
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from controller import wiring
from controller.home import Home
from controller.projection import Projection
from controller.tracking_address import TrackingAddress
from experiments.frozen import Frozen

NEWS: Final = b"n"
CLOSE: Final = b"c"
_LOOK_S: Final = 1.0
_PATIENCE_S: Final = 600.0
"""At most, for catching up at the end; control waits for less and then ends the process."""
_NICER: Final = 10
"""Below the evaluations, which it must not delay."""


class Assignment(Frozen):
    """What to project, and where to."""

    home: str
    campaign: str
    uri: str
    artifacts: str | None
    credentials: tuple[str, str] | None


@dataclass(frozen=True)
class Told:
    """What control is told."""

    is_behind: bool
    log: str = ""
    """A line for control's log."""


def main() -> None:
    """Project until control says to end, or is gone."""
    os.nice(_NICER)
    with open(0, "rb", buffering=0, closefd=False) as orders:
        _work(Assignment.model_validate_json(_first_line(orders.fileno())), orders.fileno())


def _work(assignment: Assignment, orders: int) -> None:
    home = Home(Path(assignment.home))
    address = TrackingAddress(assignment.uri, assignment.artifacts, assignment.credentials)
    telling = threading.Lock()
    output = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints goes to the log

    def tell(told: Told) -> None:
        with telling:
            os.write(output, _line(told))

    projection = Projection(
        lambda: wiring.projector(home, assignment.campaign, address),
        home.journal,
        lambda text: tell(Told(is_behind=True, log=text)),
    )
    was_behind = True
    while True:
        ready, _, _ = select.select([orders], [], [], _LOOK_S)
        words = os.read(orders, 4096) if ready else b""
        if ready and not words:
            os._exit(0)
        if CLOSE in words:
            projection.wake()
            tell(Told(is_behind=not projection.close(_PATIENCE_S)))
            os._exit(0)
        if NEWS in words:
            projection.wake()
        if projection.is_behind != was_behind:
            was_behind = projection.is_behind
            tell(Told(is_behind=was_behind))


def _first_line(descriptor: int) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(descriptor, 1)
        if not byte:
            sys.exit(0)
        line += byte
    return line


def _line(told: Told) -> bytes:
    return json.dumps(asdict(told)).encode() + b"\n"


if __name__ == "__main__":
    main()
