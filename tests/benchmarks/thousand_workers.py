"""A thousand simulated workers: how busy they are, and what control's loop costs meanwhile.

    python tests/benchmarks/thousand_workers.py [--workers 1000] [--hours 4] [--refit-minutes 5]

Real: control, journal (in memory where there is /dev/shm), supervision, lines, compute's loop, the
Sobol decider. Simulated: the workers, the clock, and what the stages give. The turns, the pulse and
the redrawing are as often as in a real session. Control's processor time is the process's less the
time in compute's loop, which is a process of its own in reality; so writing the lines that compute
reads, and the virtual clock itself, count as control's.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from agents.compute_loop import HEARTBEAT_S, ComputeLoop
from controller.campaign_file import LoadedCampaign
from controller.rehearsal import Faults, Settings, broken_invariants, rehearse
from experiments.budget import Budget
from experiments.campaign import Campaign
from tests.agents.tiny_campaign import tiny_campaign


def campaign(n: int) -> Campaign:
    """Return a campaign of one level with one volume, so that a job's time is one spread."""
    level = tiny_campaign().fidelities[0].model_copy(update={"name": "fine"})
    return tiny_campaign(
        fidelities=(level,), target="fine", budget=Budget(evaluations={"fine": n}), deadline_s=7200
    )


class ComputeTime:
    """Processor time of compute's turns and of its start."""

    def __init__(self) -> None:
        self.s = 0.0
        turn = ComputeLoop.turn

        def timed(loop: ComputeLoop, messages: Any) -> bool:
            began_s = time.process_time()
            try:
                return turn(loop, messages)
            finally:
                self.s += time.process_time() - began_s

        ComputeLoop.turn = timed  # type: ignore[method-assign]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=1000)
    parser.add_argument("--hours", type=float, default=4.0)
    parser.add_argument("--refit-minutes", type=float, default=5.0)
    parser.add_argument("--warm-up-minutes", type=float, default=30.0)
    parser.add_argument("--faults", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    settings = Settings(
        n_workers=options.workers,
        days=options.hours / 24,
        seed=options.seed,
        refit_s=60 * options.refit_minutes,
        faults=Faults().times(options.faults),
        counted_from_s=60 * options.warm_up_minutes,
        heartbeat_s=HEARTBEAT_S,
        turn_s=0.25,
        redraw_s=0.5,
    )
    compute = ComputeTime()
    n = round(3 * options.workers * options.hours * 6)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        began_s, wall_s = time.process_time(), time.monotonic()
        loaded = LoadedCampaign(campaign(n), "tiny.yaml", "name: tiny")
        found = rehearse(loaded, settings, Path(folder))
        total_s, wall_s = time.process_time() - began_s, time.monotonic() - wall_s
        broken = broken_invariants(found)
    control_s = total_s - compute.s
    n_done = len(found.state.observations)
    print(
        json.dumps(
            {
                "workers": options.workers,
                "simulated_s": found.simulated_s,
                "observations": n_done,
                "utilisation": found.utilisation,
                "control_share_of_a_core": control_s / found.simulated_s,
                "control_ms_per_observation": 1000 * control_s / max(1, n_done),
                "compute_ms_per_observation": 1000 * compute.s / max(1, n_done),
                "wall_s": wall_s,
                "computes_lost": found.state.n_compute_lost,
                "controls_lost": found.n_kills,
                "broken": broken,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
