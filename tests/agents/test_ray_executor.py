from __future__ import annotations

import socket
import subprocess
import sys
import time

import pytest

from agents.executor import Executor
from agents.ray_executor import RayExecutor, refuse_unanswered
from experiments.errors import Invalid
from tests.contracts.executor_contract import ProcessExecutorContract


class TestRayExecutor(ProcessExecutorContract):
    @pytest.fixture
    def executor(self, ray_executor: Executor) -> Executor:
        return ray_executor

    def test_a_local_ray_is_one_node_of_the_slots_asked_for(self, executor: RayExecutor) -> None:
        assert len(executor.nodes) == 1
        assert executor.slots == 2


def test_a_ray_client_address_is_refused_with_advice() -> None:
    with pytest.raises(Invalid, match="on a node of the cluster"):
        refuse_unanswered("ray://head:10001")


def test_an_address_without_a_port_is_refused() -> None:
    with pytest.raises(Invalid, match="HOST:PORT"):
        refuse_unanswered("head")


def test_an_address_nobody_answers_is_refused_within_seconds() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        started = time.monotonic()
        with pytest.raises(Invalid, match="nobody answers"):
            refuse_unanswered(f"127.0.0.1:{port}")
    assert time.monotonic() - started < 15


def test_ray_is_not_imported_with_the_executor_protocol() -> None:
    text = "import sys, agents.executor, agents.in_process_executor; print('ray' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
