"""How long from a new observation to a re-ranked backlog, at 200, 2,000 and 10,000 observations?

    python -m tests.benchmarks.decision_latency [--size N …]

The electrode stand-in (three dimensions, two levels, learned failures); one decider, one thread,
eight candidates. Prints seconds, processor seconds and the peak memory of the process.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time

from agents.acquisition.cellwright import CellwrightDecider
from agents.acquisition.fixed_sequence import feasible_designs
from agents.acquisition.sobol import sobol_blocks
from experiments.budget import Budget
from experiments.campaign import Campaign
from experiments.job import new_job
from experiments.observation import Observation
from experiments.ranking import Question, Ranking
from tests.agents.acquisition.stand_in import electrode_campaign, evaluate, screen

TARGET_SHARE = 4
"""One in so many observations is at the target."""


def observations_of(campaign: Campaign, n: int) -> tuple[Observation, ...]:
    """Return observations of the campaign's Sobol sequence."""
    designs = feasible_designs(campaign, sobol_blocks(campaign), screen)
    return tuple(
        evaluate(
            new_job(
                campaign.name,
                next(designs),
                "coarse" if i % TARGET_SHARE else "fine",
                campaign_seed=campaign.seed,
            )
        )
        for i in range(n)
    )


def main(arguments: list[str]) -> int:
    """Rank once at every size and print the table."""
    parser = argparse.ArgumentParser(prog="decision_latency", description=__doc__)
    parser.add_argument("--size", type=int, action="append", default=[])
    sizes = parser.parse_args(arguments).size or [200, 2_000, 10_000]
    print("| observations | wall, s | processor, s | peak memory, MB |")
    print("|---|---|---|---|")
    ranked(12)  # loads everything before the clock starts
    for n in sizes:
        started = time.process_time()
        ranking = ranked(n)
        busy = time.process_time() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        told = f" ({', '.join(ranking.fallbacks)})" if ranking.fallbacks else ""
        print(f"| {n} | {ranking.elapsed_s:.1f}{told} | {busy:.1f} | {peak:.0f} |", flush=True)
    return 0


def ranked(n: int) -> Ranking:
    """Return a ranking of eight candidates after ``n`` observations."""
    budget = Budget(evaluations={"coarse": n, "fine": n})
    campaign = electrode_campaign(1).model_copy(update={"budget": budget})
    question = Question(
        campaign=campaign,
        observations=observations_of(campaign, n),
        left={"coarse": 100, "fine": 40},
        n_candidates=8,
        position=n,
    )
    return CellwrightDecider(screen=screen, clock=time.perf_counter).rank(question)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
