"""The projection's process: keeps a campaign's MLflow runs up to date for as long as control lives.

Started as ``python -P -m controller.projecting``. It reads its assignment from the first line of
its input, so that no password is on a command line, and then single letters: ``n`` for news, ``c``
to catch up and end. Its output is JSON lines, one a change. At the end of its input control is gone
and so is it, also while it catches up for the last time: the next control's finds everything in the
journal and the store.
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
    n_heard: int = 0
    """Letters it had heard then; it is behind what it did not hear of yet."""
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
    n_heard = 0
    output = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints goes to the log

    def tell(is_behind: bool, log: str = "") -> None:
        with telling:
            os.write(output, _line(Told(is_behind, n_heard, log)))

    projection = Projection(
        lambda: wiring.projector(home, assignment.campaign, address),
        home.journal,
        lambda text: tell(True, text),
    )

    def finish() -> None:
        projection.wake()
        tell(not projection.close(_PATIENCE_S))
        os._exit(0)

    finishing: threading.Thread | None = None
    was_behind = True
    while True:
        ready, _, _ = select.select([orders], [], [], _LOOK_S)
        words = os.read(orders, 4096) if ready else b""
        if ready and not words:
            os._exit(0)
        n_heard += len(words)
        if finishing is None and CLOSE in words:  # on a thread: here its input is watched on
            finishing = threading.Thread(target=finish, name="finish", daemon=True)
            finishing.start()
        if finishing is not None:
            continue
        if NEWS in words:
            projection.wake()
        if words or projection.is_behind != was_behind:
            was_behind = projection.is_behind
            tell(was_behind)


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
