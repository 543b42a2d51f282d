"""How long control takes to start on 100,000 events: ``journal_start.py [N_EVENTS [N_RUNS]]``.

Two campaigns are made: one with results as small as those of a soak's millisecond jobs, and one
with results of the size that real electrodes give (7 kB). Each is started in a new process, as
``run`` starts it, from the first import to the last thing before compute is started: without a kept
state, with one, and with one that 10,000 later events follow (the most a killed control leaves).
Times are of the processor, the interpreter's own start included, so that other work on the machine
does not count.
"""

from __future__ import annotations

import itertools
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
from controller.journal import Anchor, Journal, JournalReader
from controller.journal.rows import recorded
from controller.kept_state import keep_state
from experiments.job import Job
from experiments.observation import Observation, StageRecord
from tests.controller.doubles import ManualClock, observe, small_campaign

ROOT = Path(__file__).resolve().parents[2]
CAMPAIGN = small_campaign()
LOADED = LoadedCampaign(CAMPAIGN, "small.yaml", "name: small")
START = """
import sys, time
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
imported = time.process_time()
opening = lambda trusted: Journal(home.journal, clock(), trusted=trusted)
journal, kept = open_journal(home, "small", opening)
opened = time.process_time()
state = open_campaign(journal, LOADED, kept)
decide(state, Situation(n_slots=0))
print(imported, opened - imported, time.process_time() - opened, state.position)
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


def keep(home: Home, n_later: int) -> float:
    """Keep the state as it was so many events before the end; return how long that took."""
    with JournalReader(home.journal) as reader:
        end = reader.verify().position - n_later
        rows = list(itertools.takewhile(lambda row: row.position <= end, reader.rows("small")))
    state = fold(map(recorded, rows))
    assert state is not None
    began_s = time.process_time()
    keep_state(home, state, Anchor(rows[-1].position, rows[-1].hash))
    return time.process_time() - began_s


def start(home: Home, n_runs: int) -> list[float]:
    """Return the best of so many starts: imports, opening, folding, and their sum, in CPU s."""
    best = [float("inf")] * 4
    for _ in range(n_runs):
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


def main(n_events: int, n_runs: int) -> None:
    print("| results | journal | kept state | imports s | opening s | folding s | total s |")
    print("|---|---|---|---|---|---|---|")
    for is_realistic in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            home = make_home(Path(folder) / "home")
            write(home, n_events, is_realistic=is_realistic)
            size = home.journal.stat().st_size
            name = f"{size / n_events * 2 / 1000:.1f} kB | {size / 1e6:.0f} MB"
            for what, n_later in (
                ("none", None),
                ("of the last event", 0),
                (f"{EVERY:,} events old", EVERY),
            ):
                kept_s = None if n_later is None else keep(home, n_later)
                times = " | ".join(f"{one:.2f}" for one in start(home, n_runs))
                print(f"| {name} | {what} | {times} |", flush=True)
                if kept_s is not None:
                    print(f"keeping took {kept_s:.1f} CPU s", file=sys.stderr)


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 100_000,
        int(sys.argv[2]) if len(sys.argv) > 2 else 3,
    )
