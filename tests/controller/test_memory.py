from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from controller.memory import held_bytes, limit_bytes, n_killed_for_memory

HOLD = """
import os, sys
child = os.fork()
if not child:
    os.setpgid(0, 0)
x = bytearray(64_000_000)
print("held", flush=True)
sys.stdin.read()
if child:
    os.wait()
"""


def test_the_memory_of_a_session_is_what_its_processes_hold_whatever_their_groups() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as process:
        assert process.stdout is not None
        told = ""
        while told.count("held") < 2:  # two processes write, at times into each other's lines
            told += process.stdout.readline()
        assert 128e6 < held_bytes(process.pid) < 220e6
        process.communicate()
    assert held_bytes(process.pid) == 0


def test_this_machine_has_a_limit() -> None:
    assert 1e8 < limit_bytes() <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 1.01


@pytest.mark.parametrize(
    ("own", "folder", "limit", "events"),
    [
        ("0::/a.slice\n", "a.slice", "memory.max", "memory.events"),
        ("0::/of/the/host\n", ".", "memory.max", "memory.events"),
        ("4:memory:/a\n0::/\n", "memory/a", "memory.limit_in_bytes", "memory.oom_control"),
        ("4:memory:/host/a\n0::/\n", "memory", "memory.limit_in_bytes", "memory.oom_control"),
    ],
)
def test_both_versions_of_control_groups_are_read_from_inside_containers_too(
    own: str, folder: str, limit: str, events: str, tmp_path: Path
) -> None:
    proc, cgroups = tmp_path / "proc", tmp_path / "cgroup"
    (proc / "self").mkdir(parents=True)
    (proc / "self" / "cgroup").write_text(own)
    (proc / "meminfo").write_text("MemTotal:       16000000 kB\n")
    (cgroups / folder).mkdir(parents=True)
    assert limit_bytes(proc, cgroups) == 16_000_000 * 1024
    assert n_killed_for_memory(proc, cgroups) is None
    (cgroups / folder / limit).write_text("4000000000\n")
    (cgroups / folder / events).write_text("low 0\noom 5\noom_kill 3\n")
    assert limit_bytes(proc, cgroups) == 4_000_000_000
    assert n_killed_for_memory(proc, cgroups) == 3
    (cgroups / folder / limit).write_text("max\n")
    assert limit_bytes(proc, cgroups) == 16_000_000 * 1024
