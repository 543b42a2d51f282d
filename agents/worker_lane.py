"""What runs in the workers' processes: calls at a priority below control's."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

from agents.executor import Held
from agents.worker_call import Report, call
from agents.worker_environment import DEVICE_VARIABLE

TASK_NICENESS: Final = 10
LANE_NICENESS: Final = 5
"""Below control and the pulse, so that both stay prompt on a full machine; lanes before tasks, for
a fit that comes late leaves every worker without a next design."""


def task(function: Callable[..., Any], *arguments: Any) -> tuple[Report, Any]:
    """Make one call in whatever worker is free."""
    be_nice(TASK_NICENESS)
    return call(function, arguments)


def together(
    calls: Sequence[tuple[Callable[..., Any], int]], gpu_share: float, *arguments: Any
) -> list[Any]:
    """Make several calls side by side on this task's part of a GPU.

    Each call is a function and how many of the arguments are its own; the part of the GPU is
    divided among them. Returns report and large part of the first call, of the second, and so on.
    """
    be_nice(TASK_NICENESS)
    rest = list(arguments)
    own = [[rest.pop(0) for _ in range(n)] for _, n in calls]
    os.environ[DEVICE_VARIABLE] = "auto"
    try:
        with ThreadPoolExecutor(len(calls), thread_name_prefix="together") as pool:
            functions = (function for function, _ in calls)
            made = list(pool.map(lambda f, a: call(f, tuple(a)), functions, own))
    finally:
        del os.environ[DEVICE_VARIABLE]
    held = Held(n_cpus=1 / len(calls), n_gpus=gpu_share / len(calls))
    return [part for report, large in made for part in (replace(report, held=held), large)]


class Lane:
    """One worker process kept for the calls of one lane."""

    def __init__(self, niceness: int = LANE_NICENESS) -> None:
        be_nice(niceness)

    def call(self, function: Callable[..., Any], *arguments: Any) -> tuple[Report, Any]:
        """Make the call."""
        return call(function, arguments)


def be_nice(niceness: int) -> None:
    """Lower this thread's priority; a cluster that lowered it further is left alone."""
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, niceness)
