from __future__ import annotations

from collections.abc import Iterator

import pytest

from agents.executor import Cancelled, Executor
from agents.in_process_executor import InProcessExecutor
from tests.contracts.executor_contract import ExecutorContract, double, outcome


class TestInProcessExecutor(ExecutorContract):
    @pytest.fixture
    def executor(self) -> Iterator[Executor]:
        executor = InProcessExecutor()
        yield executor
        executor.close()

    def test_a_call_runs_only_when_waited_for(self, executor: Executor) -> None:
        first = executor.submit(double, 1.0)
        second = executor.submit(double, 2.0)
        executor.cancel(first)
        assert outcome(executor, first) == Cancelled(first)
        assert outcome(executor, second).handle == second
