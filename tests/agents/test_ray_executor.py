from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agents.executor import Executor
from agents.ray_executor import RayExecutor
from tests.agents.compute_process import descendants
from tests.contracts.executor_contract import ProcessExecutorContract


class TestRayExecutor(ProcessExecutorContract):
    @pytest.fixture
    def executor(self, ray_executor: Executor) -> Executor:
        return ray_executor

    def test_a_local_ray_is_one_node_of_the_slots_asked_for(self, executor: RayExecutor) -> None:
        assert len(executor.nodes) == 1
        assert executor.slots == 2


def test_ray_is_not_imported_with_the_executor_protocol() -> None:
    text = "import sys, agents.executor, agents.in_process_executor; print('ray' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_local_ray_listens_on_the_loopback_interface_alone(ray_executor: RayExecutor) -> None:
    sockets = {
        link.split("[")[1].rstrip("]")
        for pid in {os.getpid(), *descendants(os.getpid())}
        for link in _links(pid)
        if link.startswith("socket:[")
    }
    found = 0
    for table, loopback in (("tcp", "0100007F"), ("tcp6", "0000000000000000FFFF00000100007F")):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            address, state, inode = fields[1].split(":")[0], fields[3], fields[9]
            if state == "0A" and inode in sockets:
                found += 1
                assert address in (loopback, "00000000000000000000000001000000"), line
    assert found > 3


def _links(pid: int) -> list[str]:
    """Return what a process's descriptors point to."""
    found = []
    with contextlib.suppress(OSError):
        for descriptor in os.scandir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                found.append(os.readlink(descriptor.path))
    return found
