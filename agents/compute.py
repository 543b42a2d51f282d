"""The compute process: the Ray driver, spoken with over two descriptors.

Started as ``python -P -m agents.compute READ WRITE`` with two inherited descriptors. It is
crash-only: files of the artifact store are its only side effects, and it ends, with all its
workers, as soon as control's end of the line is closed.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Final

from agents.clock import SYSTEM_CLOCK
from agents.compute_loop import ComputeLoop
from agents.group_guard import GroupGuard
from agents.json_log import json_log
from agents.line_reader import LineReader
from agents.messages import Configure, Fault, ToControl, decode_to_compute, encode
from agents.wiring import executor, refuse_unknown_parts
from experiments.errors import CellwrightError, Invalid

END_PATIENCE_S: Final = 4.0
"""How long an orderly end may take before the process just ends; Ray's processes follow it."""
START_LIMIT_S: Final = 60.0
"""How long Ray may take to start, or a cluster to let us in."""


def main(arguments: list[str] | None = None) -> int:
    """Serve control until it is gone; return the exit status."""
    descriptors = _descriptors(arguments)
    _own_the_process()
    guard = GroupGuard()
    line = _Line(descriptors.write)
    messages = LineReader(descriptors.read, at_end=lambda: _end_after(END_PATIENCE_S))
    messages.start()
    try:
        _serve(messages, line)
        guard.dismiss()
    except BrokenPipeError:
        return 0
    except CellwrightError as error:
        traceback.print_exc()
        line.tell(
            Fault(message=error.message, is_fatal=True, is_invalid_input=isinstance(error, Invalid))
        )
        return 1
    except Exception as error:  # noqa: BLE001 - the last words of a crash-only process
        traceback.print_exc()
        line.tell(Fault(message=f"{type(error).__name__}: {error}", is_fatal=True))
        return 1
    return 0


def _serve(messages: LineReader, line: _Line) -> None:
    """Configure, start the executor, and turn the loop."""
    first = messages.lines.get()
    if first is None:
        return
    if isinstance(first, Invalid):
        raise first
    configure = decode_to_compute(first)
    if not isinstance(configure, Configure):
        raise Invalid(f"the first message must be a Configure, not a {type(configure).__name__}")
    refuse_unknown_parts(configure.campaign)
    with _Limit(START_LIMIT_S, line, "Ray did not start, or the cluster did not answer"):
        machines = executor(
            configure.executor,
            ray_address=configure.ray_address,
            n_workers=configure.n_workers,
            home=Path(configure.home),
            when_gone=lambda reason: _give_up(line, reason),
        )
    terminated = threading.Event()

    def terminate(*_: object) -> None:
        terminated.set()
        _end_after(END_PATIENCE_S)

    signal.signal(signal.SIGTERM, terminate)
    try:
        with json_log(Path(configure.home) / "logs" / "compute.jsonl"):
            loop = ComputeLoop(configure, executor=machines, tell=line.tell, clock=SYSTEM_CLOCK)
            while loop.turn(messages) and not terminated.is_set():
                pass
    finally:
        _end_after(END_PATIENCE_S)
        machines.close()


def _give_up(line: _Line, reason: str) -> None:
    """End the process at once, for what it waits for will not come; its group ends with it."""
    line.tell(Fault(message=reason, is_fatal=True))
    os._exit(1)


class _Line:
    """The way to control: whole lines only."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def tell(self, message: ToControl) -> None:
        """Write a message. Raises ``BrokenPipeError`` where control is gone."""
        rest = memoryview(encode(message))
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]


class _Limit:
    """Say so and end the process where the body takes longer; it cannot be interrupted."""

    def __init__(self, limit_s: float, line: _Line, message: str) -> None:
        self._timer = threading.Timer(limit_s, self._give_up)
        self._timer.daemon = True
        self._line = line
        self._message = f"{message} within {limit_s:g} s"

    def _give_up(self) -> None:
        self._line.tell(Fault(message=self._message, is_fatal=True))
        os._exit(1)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _end_after(patience_s: float) -> None:
    """End the process without ceremony if it is still there after so long."""
    timer = threading.Timer(patience_s, os._exit, args=(1,))
    timer.daemon = True
    timer.start()


def _own_the_process() -> None:
    """Leave Ctrl-C to control, keep standard output out of the way, log to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(2, 1)
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger().handlers[0].setLevel(logging.WARNING)


def _descriptors(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="agents.compute", description=__doc__)
    parser.add_argument("read", type=int, help="descriptor to read control's messages from")
    parser.add_argument("write", type=int, help="descriptor to write messages to control to")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
