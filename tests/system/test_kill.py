"""Kill control and compute at random moments: nothing acknowledged is lost, nothing is doubled."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.campaign_file import load_campaign
from controller.events import Observed
from controller.journal import JournalReader
from experiments.errors import Invalid, Transient

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 900.0


def campaign_file(folder: Path, budget: str) -> Path:
    """Write a Sobol campaign of small volumes: its choices do not depend on timing."""
    text = load_campaign("quickstart").text.replace("name: quickstart", "name: killed")
    text = text.replace("voxels: 64", "voxels: 24").replace("voxels: 96", "voxels: 32")
    text = text.replace("{coarse: 24, fine: 8}", budget)
    assert budget in text
    path = folder / "killed.yaml"
    path.write_text(text + "decider: sobol\n")
    return path


def start(path: Path, home: Path) -> subprocess.Popen[bytes]:
    with (home.parent / "control.err").open("ab") as errors:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "controller", "--home", str(home), "run", str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd=home.parent,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )


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


def observed(home: Path) -> list[tuple[str, str]]:
    """Return (job id, observation without its timings) in journal order."""
    try:
        with JournalReader(home / "journal.db") as journal:
            events = [recorded.event for recorded in journal.read("killed")]
    except (Invalid, Transient):
        return []  # control has not made the journal yet
    observations = [event.observation for event in events if isinstance(event, Observed)]
    return [(o.job.id, json.dumps(_rounded(o.model_dump()["metrics"]))) for o in observations]


def _rounded(value: Any) -> Any:
    """Return a value with its numbers to nine digits: the last bit of a sum is not promised."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


def run_to_the_end(path: Path, home: Path) -> None:
    assert start(path, home).wait(PATIENCE_S) == 0


@pytest.mark.timeout(1200)
def test_a_few_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """Kill each process once, soon after it has written something."""

    def soon_after_news(home: Path, n_seen: int, dice: random.Random) -> None:
        until = time.monotonic() + PATIENCE_S
        while len(observed(home)) <= n_seen and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(dice.uniform(0.0, 1.0))

    check_kills(
        tmp_path,
        budget="{coarse: 9, fine: 3}",
        victims=["compute", "control"],
        wait=soon_after_news,
        dice=random.Random(1),
    )


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_twenty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    dice = random.Random(2)

    def any_moment(home: Path, n_seen: int, dice: random.Random) -> None:
        time.sleep(dice.uniform(0.5, 18.0))

    check_kills(
        tmp_path,
        budget="{coarse: 24, fine: 8}",
        victims=dice.choices(["control", "compute"], k=20),
        wait=any_moment,
        dice=dice,
    )


def check_kills(
    folder: Path,
    *,
    budget: str,
    victims: list[str],
    wait: Callable[[Path, int, random.Random], None],
    dice: random.Random,
) -> None:
    """Run a campaign twice, once killed again and again; compare what both came to."""
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    path = campaign_file(folder, budget)
    run_to_the_end(path, folder / "a" / "home")
    undisturbed = observed(folder / "a" / "home")

    home = folder / "b" / "home"
    acknowledged: dict[str, str] = {}
    n_killed = 0
    control = start(path, home)
    for victim in victims:
        wait(home, len(observed(home)), dice)
        while (pid := control.pid if victim == "control" else compute_of(control.pid)) is None:
            if control.poll() is not None:
                break
            time.sleep(0.1)
        if pid is None or control.poll() is not None:
            break
        acknowledged.update(observed(home))
        os.kill(pid, signal.SIGKILL)
        n_killed += 1
        if victim == "control":
            control.wait(30)
            control = start(path, home)
    assert control.wait(PATIENCE_S) == 0
    assert n_killed == len(victims), "the campaign ended before it was disturbed often enough"

    final = observed(home)
    times = Counter(job for job, _ in final)
    assert set(times.values()) == {1}, "an observation was doubled"
    assert acknowledged.items() <= dict(final).items(), "an acknowledged observation was lost"
    assert set(final) == set(undisturbed)
    leftovers = [line for _, line in command_lines().values() if str(folder) in line]
    assert not leftovers
