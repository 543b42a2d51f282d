"""Ray's vital processes are missed at once, also while Ray is still starting."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.ray_vitals import dead_children, start_watched

PATIENCE_S = 20.0


@pytest.fixture
def child(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run something that the system calls gcs_server."""
    program = tmp_path / "gcs_server"
    shutil.copy("/bin/sleep", program)
    running = subprocess.Popen([str(program), "600"])
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def test_a_vital_process_that_ends_during_the_start_is_told_at_once(
    child: subprocess.Popen[bytes],
) -> None:
    if not list(Path("/proc/self/task").glob("*/children")):
        pytest.skip("this system lists no children under /proc")
    told: list[str] = []
    was_told = threading.Event()

    def when_gone(reason: str) -> None:
        told.append(reason)
        was_told.set()

    assert dead_children() == []
    with start_watched(when_gone):
        assert not was_told.wait(0.6)
        child.kill()
        assert was_told.wait(PATIENCE_S)
    assert told == ["Ray did not start: gcs_server ended"]


def test_an_end_after_the_start_is_left_to_others(child: subprocess.Popen[bytes]) -> None:
    told: list[str] = []
    with start_watched(told.append):
        pass
    child.kill()
    child.send_signal(0)

    assert not threading.Event().wait(0.8)
    assert told == []
