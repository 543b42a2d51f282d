"""What every executor must do, whatever machines are behind it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import numpy as np
import pytest

from agents.executor import Cancelled, Died, Executor, Finished, Handle, Kept, Raised, Returned
from experiments.errors import DesignFailed, InternalError
from experiments.observation import FailureKind


def double(x: float) -> float:
    return 2 * x


def sum_of(values: np.ndarray) -> float:
    return float(values.sum())


def keep_large(n: int) -> Kept:
    return Kept(value=n, large=np.ones(n))


def not_percolating() -> None:
    raise DesignFailed("the pores are closed", kind=FailureKind.not_percolating, axis=0)


def divide_by_zero() -> float:
    return 1 / 0


def process_number() -> int:
    return os.getpid()


def die() -> None:
    os._exit(1)


def nap(seconds: float) -> None:
    time.sleep(seconds)


def outcomes(executor: Executor, handles: list[Handle], patience_s: float = 60.0) -> list[Finished]:
    """Wait until all the handles are reported, and return what they came to in their order."""
    end = time.monotonic() + patience_s
    found: dict[Handle, Finished] = {}
    while not found.keys() >= set(handles):
        assert time.monotonic() < end, f"of {handles} only {list(found)} were reported"
        found.update({finished.handle: finished for finished in executor.wait(1.0)})
    return [found[handle] for handle in handles]


def outcome(executor: Executor, handle: Handle) -> Finished:
    """Wait until the handle is reported."""
    return outcomes(executor, [handle])[0]


class ExecutorContract:
    """Subclass with a fixture ``executor``."""

    @pytest.fixture
    def executor(self) -> Iterator[Executor]:
        raise NotImplementedError

    def test_there_is_at_least_one_slot(self, executor: Executor) -> None:
        assert executor.slots >= 1

    def test_a_value_comes_back_with_its_time_and_worker(self, executor: Executor) -> None:
        finished = outcome(executor, executor.submit(double, 21.0))
        assert isinstance(finished, Returned)
        assert finished.value == 42.0
        assert finished.kept is None
        assert finished.elapsed_s >= 0
        assert ":" in finished.worker

    def test_every_handle_is_reported_exactly_once(self, executor: Executor) -> None:
        handles = [executor.submit(double, i) for i in range(20)]
        seen: list[Handle] = []
        while len(seen) < len(handles):
            seen.extend(finished.handle for finished in executor.wait(10.0))
        assert sorted(handle.number for handle in seen) == [handle.number for handle in handles]
        assert executor.wait(0.0) == []

    def test_waiting_for_nothing_returns_at_once(self, executor: Executor) -> None:
        started = time.monotonic()
        assert executor.wait(30.0) == []
        assert time.monotonic() - started < 5.0

    def test_our_own_errors_arrive_with_their_evidence(self, executor: Executor) -> None:
        finished = outcome(executor, executor.submit(not_percolating))
        assert isinstance(finished, Raised)
        assert isinstance(finished.error, DesignFailed)
        assert finished.error.failure_kind is FailureKind.not_percolating
        assert finished.error.evidence["axis"] == 0

    def test_other_errors_arrive_as_internal_with_their_traceback(self, executor: Executor) -> None:
        finished = outcome(executor, executor.submit(divide_by_zero))
        assert isinstance(finished, Raised)
        assert isinstance(finished.error, InternalError)
        assert "ZeroDivisionError" in finished.error.message
        assert "divide_by_zero" in finished.error.evidence["traceback"]

    def test_a_large_part_stays_until_it_is_an_argument_or_fetched(
        self, executor: Executor
    ) -> None:
        finished = outcome(executor, executor.submit(keep_large, 300_000))
        assert isinstance(finished, Returned)
        assert finished.value == 300_000
        assert finished.kept is not None
        summed = outcome(executor, executor.submit(sum_of, finished.kept))
        assert isinstance(summed, Returned)
        assert summed.value == 300_000.0
        assert executor.get(finished.kept).sum() == 300_000.0

    def test_a_value_handed_over_reaches_several_calls(self, executor: Executor) -> None:
        reference = executor.put(np.arange(4))
        handles = [executor.submit(sum_of, reference) for _ in range(2)]
        for finished in outcomes(executor, handles):
            assert isinstance(finished, Returned)
            assert finished.value == 6.0

    def test_the_pulse_comes_back(self, executor: Executor) -> None:
        assert isinstance(outcome(executor, executor.pulse()), Returned)

    def test_a_lane_keeps_its_process(self, executor: Executor) -> None:
        first = outcome(executor, executor.submit(process_number, lane="left"))
        second = outcome(executor, executor.submit(process_number, lane="left"))
        assert isinstance(first, Returned)
        assert isinstance(second, Returned)
        assert first.value == second.value

    def test_a_cancelled_call_is_reported_and_its_slot_is_free(self, executor: Executor) -> None:
        handles = [executor.submit(nap, 0.01 if executor.nodes == () else 60.0) for _ in range(2)]
        for handle in handles:
            executor.cancel(handle)
        outcomes(executor, handles)
        assert isinstance(outcome(executor, executor.submit(double, 1.0)), Returned)


class ProcessExecutorContract(ExecutorContract):
    """What executors with processes of their own must do besides."""

    def test_the_death_of_a_worker_is_reported_and_not_tried_again(
        self, executor: Executor
    ) -> None:
        finished = outcome(executor, executor.submit(die))
        assert isinstance(finished, Died)
        assert finished.reason
        assert isinstance(outcome(executor, executor.submit(double, 1.0)), Returned)

    def test_a_lane_that_died_starts_again(self, executor: Executor) -> None:
        assert isinstance(outcome(executor, executor.submit(die, lane="right")), Died)
        again = outcome(executor, executor.submit(double, 1.0, lane="right"))
        assert isinstance(again, Returned)

    def test_the_pulse_and_lanes_need_no_free_slot(self, executor: Executor) -> None:
        naps = [executor.submit(nap, 60.0) for _ in range(executor.slots)]
        assert isinstance(outcome(executor, executor.pulse()), Returned)
        assert isinstance(outcome(executor, executor.submit(double, 1.0, lane="left")), Returned)
        for handle in naps:
            executor.cancel(handle)
        assert outcomes(executor, naps) == [Cancelled(handle) for handle in naps]

    def test_calls_use_as_many_threads_as_their_cpus(self, executor: Executor) -> None:
        finished = outcome(executor, executor.submit(thread_limits))
        assert isinstance(finished, Returned)
        assert set(finished.value.values()) == {"1"}


def thread_limits() -> dict[str, str | None]:
    return {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS")}
