"""How long from a new observation to a re-ranked backlog, at 200, 2,000 and 10,000 observations?

Once with hyperparameters learned anew, then after each of five more observations, of which most
find them kept (``agents/surrogates/kept_fit.py``).

    python -m tests.benchmarks.decision_latency [--size N …]

The electrode stand-in (three dimensions, two levels, learned failures); one decider, one thread,
eight candidates. Prints seconds, processor seconds and the peak memory of the process.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time

from agents.acquisition.cellwright import CellwrightDecider
from agents.acquisition.fixed_sequence import feasible_designs
from agents.acquisition.sobol import sobol_blocks
from experiments.budget import Budget
from experiments.job import new_job
from experiments.observation import Observation
from experiments.ranking import Question, Ranking
from tests.agents.acquisition.stand_in import electrode_campaign, evaluate, screen

TARGET_SHARE = 4
"""One in so many observations is at the target."""
N_MORE = 5
CAMPAIGN = electrode_campaign(1).model_copy(
    update={"budget": Budget(evaluations={"coarse": 20_000, "fine": 20_000})}
)


def observations_of(n: int) -> tuple[Observation, ...]:
    """Return observations of the campaign's Sobol sequence."""
    designs = feasible_designs(CAMPAIGN, sobol_blocks(CAMPAIGN), screen)
    return tuple(
        evaluate(
            new_job(
                CAMPAIGN.name,
                next(designs),
                "coarse" if i % TARGET_SHARE else "fine",
                campaign_seed=CAMPAIGN.seed,
            )
        )
        for i in range(n)
    )


def main(arguments: list[str]) -> int:
    """Rank once at every size and print the table."""
    parser = argparse.ArgumentParser(prog="decision_latency", description=__doc__)
    parser.add_argument("--size", type=int, action="append", default=[])
    sizes = parser.parse_args(arguments).size or [200, 2_000, 10_000]
    print("| observations | anew, s | kept: median, s | longest, s | peak memory, MB |")
    print("|---|---|---|---|---|")
    ranked(observations_of(12))  # loads everything before the clock starts
    for n in sizes:
        observations = observations_of(n + N_MORE)
        first, *rest = (ranked(observations[:k]) for k in range(n, n + N_MORE + 1))
        kept = [ranking.elapsed_s for ranking in rest]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        told = f" ({', '.join(first.fallbacks)})" if first.fallbacks else ""
        print(
            f"| {n} | {first.elapsed_s:.1f}{told} | {statistics.median(kept):.1f} | "
            f"{max(kept):.1f} | {peak:.0f} |",
            flush=True,
        )
    return 0


def ranked(observations: tuple[Observation, ...]) -> Ranking:
    """Return a ranking of eight candidates after observations."""
    n = len(observations)
    question = Question(
        campaign=CAMPAIGN,
        observations=observations,
        left={"coarse": 100, "fine": 40},
        n_candidates=8,
        position=n,
    )
    return CellwrightDecider(screen=screen, clock=time.perf_counter).rank(question)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
