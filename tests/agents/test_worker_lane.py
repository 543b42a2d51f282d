from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from agents.executor import Held
from agents.worker_lane import LANE_NICENESS, TASK_NICENESS, Lane, be_nice, task, together


def niceness_after(action: object, *arguments: object) -> int:
    """Do something on a thread of its own, whose priority ends with it, and return that."""

    def run() -> int:
        action(*arguments)
        return os.getpriority(os.PRIO_PROCESS, 0)

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(run).result()


def test_a_task_is_called_below_the_priority_of_a_lane() -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    if own > LANE_NICENESS:
        pytest.skip("this process has a lower priority than any worker's")
    assert niceness_after(task, abs, -1) == TASK_NICENESS
    assert niceness_after(Lane) == LANE_NICENESS
    assert LANE_NICENESS < TASK_NICENESS


def test_a_call_comes_back_with_its_report() -> None:
    with ThreadPoolExecutor(1) as threads:
        report, large = threads.submit(task, abs, -3).result()
        again, _ = threads.submit(Lane(0).call, abs, -4).result()
    assert (report.value, again.value) == (3, 4)
    assert large is None
    assert str(os.getpid()) in report.worker


def test_a_priority_that_may_not_be_raised_is_left() -> None:
    assert niceness_after(be_nice, 19) == 19


def test_calls_side_by_side_divide_what_their_worker_holds() -> None:
    with ThreadPoolExecutor(1) as threads:
        found = threads.submit(together, [(len, 1), (abs, 1)], 0.25, (1, 2, 3), -4).result()
    reports = found[::2]
    assert [report.value for report in reports] == [3, 4]
    assert [report.held for report in reports] == [Held(n_cpus=0.5, n_gpus=0.125)] * 2
