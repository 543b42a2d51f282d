"""When would the stopping rules have stopped, and how far from the optimum?

    python -m tests.benchmarks.decision_stopping [SEEDS] [PROBLEM …]

Every run spends its whole budget; afterwards each rule is asked at which evaluation it would have
ended it, and the true regret of the recommendation there is compared with what the rule promised.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from agents.acquisition.cellwright import CellwrightDecider
from agents.acquisition.known_constraints import unconstrained
from controller.stopping import FEWEST_AT_TARGET, N_AGREEING
from experiments.ranking import Prospect, Question, Ranking
from tests.benchmarks.decision_problems import Problem, problems
from tests.benchmarks.decision_runs import run

TOLERANCES: Final = (0.1, 0.03, 0.01)
"""Of the values' standard deviation over the space."""


@dataclass
class Watched:
    """Our decider, with every prospect it told written down beside the number of evaluations."""

    name: str = "cellwright"
    version: str = CellwrightDecider.version
    told: list[tuple[int, Prospect | None]] = field(default_factory=list)

    def rank(self, question: Question) -> Ranking:
        """Return the decider's ranking."""
        ranking = CellwrightDecider(screen=unconstrained).rank(question)
        if question.observations:
            self.told.append((len(question.observations), ranking.prospect))
        return ranking


def spread(problem: Problem) -> float:
    """Return the standard deviation of the noise-free target over the space."""
    x = np.random.default_rng(0).uniform(size=(4096, problem.n_dim))
    ((_, truth),) = problem.truths["target"].items()
    return float(np.std([truth(row) for row in x]))


def stop_at(values: list[float], limit: float, n: list[int]) -> int | None:
    """Return the index of the ranking at which a rule holds, as ``controller.stopping`` has it."""
    for i in range(N_AGREEING - 1, len(values)):
        if n[i] >= FEWEST_AT_TARGET and max(values[i - N_AGREEING + 1 : i + 1]) < limit:
            return i
    return None


def main(n_seeds: int, names: list[str]) -> None:
    """Print a row for every problem, rule and tolerance."""
    for name in names:
        problem = problems()[name]
        scale = spread(problem)
        runs = []
        for seed in range(n_seeds):
            watched = Watched()
            trace = run(problem, watched, seed, target_only=True)
            kept = [(n, p, r) for (n, p), r in zip(watched.told, trace.regret, strict=False) if p]
            runs.append((kept, trace.regret[-1], len(watched.told)))
        print(f"{name}: {n_seeds} seeds, at most {problem.budget} evaluations, spread {scale:.3g}")
        for rule in ("regret_bound", "expected_gain"):
            for tolerance in TOLERANCES:
                limit = tolerance * scale
                spent, regrets, never = [], [], 0
                for kept, last, n_all in runs:
                    values = [getattr(p, rule) for _, p, _ in kept]
                    i = stop_at(values, limit, [n for n, _, _ in kept])
                    never += i is None
                    spent.append(n_all if i is None else kept[i][0])
                    regrets.append(last if i is None else kept[i][2])
                inside = np.mean(np.array(regrets) <= limit)
                print(
                    f"  {rule:14s} below {tolerance:.0%}: median {np.median(spent):.0f} spent, "
                    f"{never} never stopped, median regret {np.median(regrets) / scale:.2%}, "
                    f"largest {np.max(regrets) / scale:.2%}, within the limit {inside:.0%}",
                    flush=True,
                )


if __name__ == "__main__":
    arguments = sys.argv[1:]
    main(int(arguments[0]) if arguments else 10, arguments[1:] or ["branin", "hartmann6"])
