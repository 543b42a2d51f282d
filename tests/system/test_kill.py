"""Kill control and compute at random moments: nothing acknowledged is lost, nothing is doubled."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.events import Observed
from tests.system.tiny_session import CAMPAIGN, COUNTS, Done, events, finish, start

PATIENCE_S = 900.0
Wait = Callable[[Path], None]


def command_lines() -> dict[int, tuple[int, str]]:
    """Return parent and command line of every process."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            found[int(folder.name)] = (parent, line)
    return found


def compute_of(control: int) -> int | None:
    """Return the process id of a control's compute."""
    for pid, (parent, line) in command_lines().items():
        if parent == control and "agents.compute" in line:
            return pid
    return None


def awaited_compute(control: subprocess.Popen[str]) -> int | None:
    """Wait for a control's compute; None where control ends without one."""
    while (pid := compute_of(control.pid)) is None and control.poll() is None:
        time.sleep(0.1)
    return pid


def observed(home: Path) -> list[tuple[str, str]]:
    """Return (job id, observation without its timings) in journal order."""
    observations = [event.observation for event in events(home) if isinstance(event, Observed)]
    return [(o.job.id, json.dumps(o.model_dump()["metrics"])) for o in observations]


@pytest.mark.timeout(1200)
def test_a_few_kills_lose_and_double_nothing(done: Done, tmp_path: Path) -> None:
    """Kill each process once, as soon as it has written something."""
    (tmp_path / "tiny.yaml").write_text(CAMPAIGN)

    def news(home: Path) -> None:
        n_seen = len(observed(home))
        until = time.monotonic() + PATIENCE_S
        while len(observed(home)) <= n_seen and time.monotonic() < until:
            time.sleep(0.05)

    check_kills(
        tmp_path, observed(done.home), victims=["compute", "control"], wait=news, n_workers=1
    )


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_twenty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """Kill at any moment of a campaign of larger volumes and the full cell model."""
    text = CAMPAIGN.replace("voxels: 16", "voxels: 24").replace("voxels: 20", "voxels: 32")
    text = text.replace("coarse: 12, fine: 3", "coarse: 24, fine: 8").replace(", model: SPM", "")
    text = text.replace("mesh_points: 5", "mesh_points: 20")
    for name in ("undisturbed", "disturbed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tiny.yaml").write_text(text)
    undisturbed = finish(tmp_path / "undisturbed", start(tmp_path / "undisturbed"))
    assert undisturbed.status == 0, undisturbed.err
    dice = random.Random(2)
    check_kills(
        tmp_path / "disturbed",
        observed(undisturbed.home),
        victims=dice.choices(["control", "compute"], k=20),
        wait=lambda home: time.sleep(dice.uniform(0.5, 18.0)),
        n_workers=2,
    )


def check_kills(
    folder: Path,
    undisturbed: list[tuple[str, str]],
    *,
    victims: list[str],
    wait: Wait,
    n_workers: int,
) -> None:
    """Kill a campaign again and again; compare what it came to with the undisturbed one."""
    home = folder / "home"
    acknowledged: dict[str, str] = {}
    n_killed = 0
    control = start(folder, "--workers", str(n_workers))
    try:
        for victim in victims:
            wait(home)
            pid = control.pid if victim == "control" else awaited_compute(control)
            if pid is None or control.poll() is not None:
                break
            acknowledged.update(observed(home))
            os.kill(pid, signal.SIGKILL)
            n_killed += 1
            if victim == "control":
                control.wait(30)
                control = start(folder, "--workers", str(n_workers))
        ended = finish(folder, control)
    finally:
        control.kill()
        control.wait()
    assert ended.status == 0, ended.err
    assert n_killed == len(victims), "the campaign ended before it was disturbed often enough"

    final = observed(home)
    times = Counter(job for job, _ in final)
    assert set(times.values()) == {1}, "an observation was doubled"
    assert acknowledged.items() <= dict(final).items(), "an acknowledged observation was lost"
    assert len(final) >= sum(COUNTS.values())
    assert set(final) == set(undisturbed)
    leftovers = [line for _, line in command_lines().values() if str(folder) in line]
    assert not leftovers
