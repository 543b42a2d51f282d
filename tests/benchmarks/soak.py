"""Thousands of evaluations of milliseconds through real processes: what control costs for each.

    python tests/benchmarks/soak.py [--evaluations 10000] [--workers 2] [--mlflow]

Real: control with its journal on disk, supervision, the pipe, the compute process with its loop,
stages' cache and artifacts, Ray and its workers, the Sobol decider, the state kept beside the
journal for a fast start. Not real: what the three stage functions
compute. A worker that imports this benchmark's stand-ins gives made-up properties within
a millisecond, so that the cost of everything around the science is seen. Without ``--mlflow`` the
projection does not run, and its cost, which is MLflow's, is not in the figures.

Memory and handles of control and compute are sampled throughout; growth is between a tenth of the
way and the end, by the median of the samples around both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from agents.messages import Configure
from controller.campaign_file import LoadedCampaign
from controller.clock import SystemClock
from controller.compute_link import compute_environment
from controller.control import Control
from controller.fast_start import StateKeeper
from controller.home import make_home
from controller.journal import Journal
from controller.opening import open_campaign
from controller.projection_process import ProjectionProcess
from controller.snapshot import Snapshot
from controller.supervised_compute import SupervisedCompute
from controller.tracking_address import tracking_address
from experiments.budget import Budget
from tests.agents.tiny_campaign import tiny_campaign

ROOT = Path(__file__).resolve().parents[2]
SHOWN_EVERY = 500


class Unseen:
    """A view nobody looks at."""

    def update(self, snapshot: Snapshot) -> None: ...
    def close(self) -> None: ...


def usage_of(pid: int) -> dict[str, float]:
    """Return CPU seconds, resident MB, file descriptors and threads of a process."""
    folder = Path(f"/proc/{pid}")
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    return {
        "cpu_s": (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
        "MB": int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6,
        "fds": len(list((folder / "fd").iterdir())),
        "threads": int(fields[17]),
    }


def compute_pid(folder: Path) -> int | None:
    """Return the compute process that works in a folder."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                line = (process / "cmdline").read_bytes()
                if b"stand_in_compute" in line and Path(os.readlink(process / "cwd")) == folder:
                    return int(process.name)
            except OSError:
                continue
    return None


def run(n: int, n_workers: int, folder: Path, *, with_mlflow: bool) -> dict[str, Any]:
    """Run the campaign and return what it took."""
    level = tiny_campaign().fidelities[0].model_copy(update={"name": "fine"})
    campaign = tiny_campaign(
        fidelities=(level,), target="fine", budget=Budget(evaluations={"fine": n})
    )
    home = make_home(folder / "home")
    clock = SystemClock()
    journal = Journal(home.journal, clock)
    environment = compute_environment(os.environ, Path.cwd())
    environment["PYTHONPATH"] += os.pathsep + str(ROOT)
    compute = SupervisedCompute(
        home.compute,
        home.logs / "compute.log",
        environment,
        command=lambda r, w: [
            sys.executable, "-P", "-m", "tests.benchmarks.stand_in_compute", str(r), str(w)
        ],
    )  # fmt: skip
    address = tracking_address(None, {}, home.path, campaign.name)
    projection = ProjectionProcess(home, campaign.name, address, os.environ, print)
    samples: list[tuple[int, dict[str, float], dict[str, float]]] = []
    n_done, is_over = 0, threading.Event()

    def stored(state: Any) -> None:
        nonlocal n_done
        n_done = len(state.observations)
        keeper.note(state)
        if with_mlflow:
            projection.wake()

    def watch() -> None:
        while not is_over.wait(1.0):
            pid = compute_pid(home.compute)
            if pid is not None and n_done:
                samples.append((n_done, usage_of(os.getpid()), usage_of(pid)))
                if n_done // SHOWN_EVERY > samples[max(0, len(samples) - 2)][0] // SHOWN_EVERY:
                    _, ours, theirs = samples[-1]
                    print(f"{n_done}: control {ours}, compute {theirs}", file=sys.stderr)

    state = open_campaign(journal, LoadedCampaign(campaign, "soak.yaml", "name: tiny"))
    keeper = StateKeeper(home, journal, print)
    keeper.begin(state, is_kept=False)
    control = Control(
        state,
        journal=journal,
        compute=compute,
        configure=Configure(
            campaign=campaign,
            home=str(home.path),
            artifact_url=home.artifacts.as_uri(),
            n_workers=n_workers,
        ),
        view=Unseen(),
        clock=clock,
        when_stored=stored,
    )
    watcher = threading.Thread(target=watch)
    watcher.start()
    began_s = time.monotonic()
    try:
        outcome = asyncio.run(control.run())
    finally:
        is_over.set()
        watcher.join()
        keeper.close()
        journal.close()
    wall_s = time.monotonic() - began_s
    assert len(outcome.state.observations) == n + 1, "evaluations and the baseline's"
    assert all(not one.is_failed for one in outcome.state.observations.values())
    return {
        "evaluations": n,
        "wall_s": wall_s,
        "per_s": n / wall_s,
        "control": growth([(k, c) for k, c, _ in samples]),
        "compute": growth([(k, c) for k, _, c in samples]),
        "computes_lost": outcome.state.n_compute_lost,
    }


def growth(samples: list[tuple[int, dict[str, float]]]) -> dict[str, float]:
    """Return CPU per evaluation, and what grew between a tenth of the way and the end."""
    tenth = [found for found in samples if found[0] >= samples[-1][0] / 10]
    early, late = tenth[: max(1, len(tenth) // 10)], tenth[-max(1, len(tenth) // 10) :]
    first, last = samples[0], samples[-1]

    def change(name: str) -> float:
        return statistics.median(s[name] for _, s in late) - statistics.median(
            s[name] for _, s in early
        )

    return {
        "cpu_ms_each": 1000 * (last[1]["cpu_s"] - first[1]["cpu_s"]) / max(1, last[0] - first[0]),
        "MB_at_the_end": last[1]["MB"],
        "MB_more": change("MB"),
        "fds_more": change("fds"),
        "threads_more": change("threads"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluations", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--mlflow", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run(options.evaluations, options.workers, Path(folder), with_mlflow=options.mlflow)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
