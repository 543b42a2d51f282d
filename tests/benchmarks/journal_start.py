"""How long a control takes to start on a campaign of 100,000 events: ``journal_start.py [N]``.

Two campaigns are made: one with results as small as those of a soak's millisecond jobs, and one
with results of the size that real electrodes give (7 kB). Each is started in a new process, as
``run`` starts it, from the first import to the last thing before compute is started: without a kept
state, with one, and with one that 10,000 later events follow (the most a killed control leaves).
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from controller.campaign_file import LoadedCampaign
from controller.events import CampaignStarted, ComputeStarted, Dispatched, Observed
from controller.fast_start import EVERY
from controller.fold import fold
from controller.home import Home, make_home
from controller.journal import Journal, JournalReader
from controller.kept_state import keep_state, kept_state_path
from experiments.job import Job
from experiments.observation import Observation, StageRecord
from tests.controller.doubles import ManualClock, observe, small_campaign

ROOT = Path(__file__).resolve().parents[2]
CAMPAIGN = small_campaign()
LOADED = LoadedCampaign(CAMPAIGN, "small.yaml", "name: small")
START = """
import sys, time
began = time.perf_counter()
from pathlib import Path
from controller import session
from controller.fast_start import open_journal
from controller.home import Home
from controller.journal import Journal
from controller.opening import open_campaign
from controller.wiring import clock
from controller.decide import Situation, decide
from tests.benchmarks.journal_start import LOADED
home = Home(Path(sys.argv[1]))
imported = time.perf_counter()
opening = lambda trusted: Journal(home.journal, clock(), trusted=trusted)
journal, kept = open_journal(home, "small", opening)
opened = time.perf_counter()
state = open_campaign(journal, LOADED, kept)
decide(state, Situation(n_slots=0))
print(imported - began, opened - imported, time.perf_counter() - opened, state.position)
"""


def realistic(job: Job) -> Observation:
    """Return a result of the size that a real one has: 20 metrics, 12 stages, 6 files."""
    small = observe(job)
    (metric,) = small.metrics.values()
    record = StageRecord(stage="characterize", version="1", key="k" * 64, cached=False, elapsed_s=1)
    provenance = small.provenance.model_copy(
        update={"stages": (record,) * 12, "fallbacks": ("x" * 100,) * 20}
    )
    metrics = {f"metric_{n}": metric for n in range(20)}
    return small.model_copy(update={"metrics": metrics, "provenance": provenance})


def job(n: int) -> Job:
    design = CAMPAIGN.design.from_unit([(0.5 + 0.618034 * n) % 1.0])
    return Job(id=f"{n:016x}", campaign="small", design=design, fidelity="coarse", seed=n)


def write(home: Home, n_events: int, *, is_realistic: bool) -> None:
    """Write a campaign of so many events."""
    with closing(Journal(home.journal, ManualClock())) as journal:
        start = [CampaignStarted(campaign=CAMPAIGN, source="small.yaml", text="name: small")]
        journal.append("small", start)
        journal.append("small", [ComputeStarted(slots=4, versions={}, stage_versions={})])
        for first in range(0, n_events // 2, 500):
            jobs = [job(n) for n in range(first, min(first + 500, n_events // 2))]
            journal.append("small", [Dispatched(job=one) for one in jobs])
            made = [realistic(one) if is_realistic else observe(one) for one in jobs]
            journal.append("small", [Observed(observation=one) for one in made])


def keep(home: Home) -> float:
    with JournalReader(home.journal) as reader:
        state = fold(reader.read("small"))
        anchor = reader.verify()
    assert state is not None
    began = time.perf_counter()
    keep_state(home, state, anchor)
    return time.perf_counter() - began


def start(home: Home) -> list[float]:
    """Return the best of three starts: imports, opening, folding, and their sum, in seconds."""
    best = [float("inf")] * 4
    for _ in range(3):
        with tempfile.TemporaryDirectory(dir=home.path.parent) as folder:
            copy = Path(folder) / "home"
            shutil.copytree(home.path, copy)
            done = subprocess.run(
                [sys.executable, "-c", START, str(copy)],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=True,
            )
        parts = [float(word) for word in done.stdout.split()[:3]]
        best = min(best, [*parts, sum(parts)], key=lambda found: found[-1])
    return best


def main(n_events: int) -> None:
    print("| results | journal | kept state | imports s | opening s | folding s | total s |")
    print("|---|---|---|---|---|---|---|")
    for is_realistic in (False, True):
        with tempfile.TemporaryDirectory() as folder, contextlib.suppress(KeyboardInterrupt):
            home = make_home(Path(folder) / "home")
            cases: dict[str, list[float]] = {}
            write(home, n_events - EVERY, is_realistic=is_realistic)
            keep(home)
            early = kept_state_path(home, "small").read_bytes()
            shutil.rmtree(home.path)
            home = make_home(Path(folder) / "home")
            write(home, n_events, is_realistic=is_realistic)
            cases["none"] = start(home)
            kept_s = keep(home)
            cases["of the last event"] = start(home)
            kept_state_path(home, "small").write_bytes(early)
            cases[f"{EVERY:,} events old"] = start(home)
            size_MB = home.journal.stat().st_size / 1e6
            name = "7 kB" if is_realistic else "0.4 kB"
            for what, found in cases.items():
                times = " | ".join(f"{one:.2f}" for one in found)
                print(f"| {name} | {size_MB:.0f} MB | {what} | {times} |", flush=True)
            print(f"keeping took {kept_s:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
