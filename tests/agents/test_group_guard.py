from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from tests.agents.compute_process import REPOSITORY, living

GUARDED = """
import subprocess, sys
from agents.group_guard import GroupGuard
guard = GroupGuard()
child = subprocess.Popen(["sleep", "300"])
print(child.pid, flush=True)
if sys.stdin.readline().strip() == "dismiss":
    guard.dismiss()
"""


def guarded(word: str) -> tuple[subprocess.Popen[str], int]:
    """Start a process with a guard and a child; return it and the child's id, told a word."""
    process = subprocess.Popen(
        [sys.executable, "-c", GUARDED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        child = int(process.stdout.readline())
        if word == "kill":
            process.kill()
        else:
            process.stdin.write(f"{word}\n")
    process.wait(30)
    return process, child


def is_gone(pid: int, patience_s: float) -> bool:
    end = time.monotonic() + patience_s
    while living({pid}) and time.monotonic() < end:
        time.sleep(0.05)
    return not living({pid})


@pytest.mark.parametrize("word", ["kill", "end"])
def test_nothing_of_the_group_outlives_a_guarded_process(word: str) -> None:
    _, child = guarded(word)
    assert is_gone(child, 30.0)


def test_a_dismissed_guard_leaves_the_group_alone() -> None:
    process, child = guarded("dismiss")
    assert process.returncode == 0
    assert not is_gone(child, 0.5)
    subprocess.run(["kill", f"-{signal.SIGKILL.value}", str(child)], check=True)
