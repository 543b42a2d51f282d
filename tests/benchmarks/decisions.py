"""Are our decisions as good as anybody's? Runs, resumes and reports the comparison.

    python -m tests.benchmarks.decisions run --seeds 20 [--problem NAME …] [--decider NAME …]
    python -m tests.benchmarks.decisions report

Finished runs are never repeated: kill it and start it again. A rival runs in an environment of its
own behind an ask/tell process (``decision_rivals/``); where its environment is absent it is skipped
and named. Traces lie under ``--folder``, by problem, decider and seed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from agents.acquisition.cellwright import CellwrightDecider
from agents.acquisition.decider import Decider
from agents.acquisition.known_constraints import unconstrained
from agents.acquisition.random_search import RandomDecider
from agents.acquisition.sobol import SobolDecider
from tests.benchmarks.decision_botorch import BotorchDecider, fit_multi_fidelity
from tests.benchmarks.decision_problems import Problem, problems
from tests.benchmarks.decision_rivals.rival_process import RivalDecider, rival_environments
from tests.benchmarks.decision_runs import Trace, cached, run
from tests.benchmarks.decision_scores import Comparison, compare, cost_to_reach, holm, score

OURS = "cellwright"
SINGLE = "cellwright_single"
BOTORCH = "botorch_surrogate"
"""Our acquisition on ``SingleTaskGP``, or with two levels ``SingleTaskMultiFidelityGP``."""
GOAL = 0.05
"""Cost is counted until within 5% of a problem's scale."""

_BUILT_IN: dict[str, Callable[[], Decider]] = {
    OURS: lambda: CellwrightDecider(screen=unconstrained),
    SINGLE: lambda: CellwrightDecider(screen=unconstrained),
    "sobol": lambda: SobolDecider(screen=unconstrained),
    "random": lambda: RandomDecider(screen=unconstrained),
    BOTORCH: lambda: BotorchDecider(fit_multi_fidelity),
}


def deciders_for(problem: Problem, environments: dict[str, Path]) -> list[str]:
    """Return whose runs a problem needs, as far as they can run here."""
    ours = [OURS, SINGLE] if problem.is_multi_fidelity else [OURS]
    rivals = [name for name in problem.rivals if name in _BUILT_IN or name in environments]
    return [*ours, *rivals]


def trace_of(folder: Path, problem: Problem, name: str, seed: int) -> Trace:
    """Return a run, made now or read back."""

    def make() -> Trace:
        decider = _BUILT_IN[name]() if name in _BUILT_IN else RivalDecider(name)
        target_only = name in (SINGLE, "sobol", "random")
        return run(problem, decider, seed, target_only=target_only)

    version = CellwrightDecider.version if name in (OURS, SINGLE) else "pinned"
    return cached(folder, f"{name}-{version}", problem, seed, make)


def scores_of(problem: Problem, traces: list[Trace], scale: float) -> np.ndarray:
    """Return one score a seed."""
    return np.array(
        [
            score(np.array(t.cost), np.array(t.regret), budget=problem.budget, scale=scale)
            for t in traces
        ]
    )


def report(folder: Path, n_seeds: int, chosen: list[Problem]) -> Iterator[str]:
    """Yield the report's lines, Markdown."""
    environments = rival_environments()
    comparisons: list[Comparison] = []
    yield "| problem | decider | score | 95% of seeds within | covered | seconds a run |"
    yield "|---|---|---|---|---|---|"
    ratios: list[str] = []
    for problem in chosen:
        names = deciders_for(problem, environments)
        traces = {
            name: [trace_of(folder, problem, name, seed) for seed in range(n_seeds)]
            for name in names
        }
        scale = float(np.median([t.regret[-1] for t in traces["sobol"]]))
        scores = {name: scores_of(problem, found, scale) for name, found in traces.items()}
        for name in names:
            low, high = np.quantile(scores[name], [0.025, 0.975])
            n = sum(t.n_predicted for t in traces[name])
            covered = f"{sum(t.covered for t in traces[name]) / n:.0%} of {n}" if n else "–"
            seconds = np.mean([t.seconds for t in traces[name]])
            yield (
                f"| {problem.name} | {name} | {scores[name].mean():.3f} | {low:.3f} to {high:.3f} "
                f"| {covered} | {seconds:.0f} |"
            )
        comparisons += [
            compare(problem.name, name, scores[OURS], scores[name])
            for name in names
            if name != OURS
        ]
        if problem.is_multi_fidelity:
            ratios.append(_cost_ratio(problem, traces, scale))
    yield ""
    yield "| problem | against | ours − theirs | upper 95% bound | Holm, margin 0.05 |"
    yield "|---|---|---|---|---|"
    for c in holm(comparisons):
        verdict = "passes" if c.passes else "inconclusive or worse"
        yield f"| {c.problem} | {c.rival} | {c.difference:+.3f} | {c.upper:+.3f} | {verdict} |"
    yield ""
    yield from ratios
    absent = sorted({r for p in chosen for r in p.rivals} - set(_BUILT_IN) - set(environments))
    if absent:
        yield f"\nNot compared, because their environments are absent: {', '.join(absent)}."


def _cost_ratio(problem: Problem, traces: dict[str, list[Trace]], scale: float) -> str:
    """Say what several levels cost until within 5%, against the target alone (censored means)."""
    means = {
        name: np.mean(
            [
                cost_to_reach(
                    np.array(t.cost),
                    np.array(t.regret),
                    goal=GOAL * scale,
                    budget=problem.budget,
                )
                for t in traces[name]
            ]
        )
        for name in (OURS, SINGLE)
    }
    return (
        f"{problem.name}: cost to within 5% {means[OURS]:.1f} with both levels, "
        f"{means[SINGLE]:.1f} with the target alone, ratio {means[OURS] / means[SINGLE]:.2f}\n"
    )


def main(arguments: list[str]) -> int:
    """Run or report."""
    parser = argparse.ArgumentParser(prog="decisions", description=__doc__)
    parser.add_argument("verb", choices=["run", "report"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--problem", action="append", default=[])
    parser.add_argument("--decider", action="append", default=[])
    parser.add_argument("--folder", type=Path, default=Path("build/benchmarks/decisions"))
    given = parser.parse_args(arguments)
    known = problems()
    chosen = [known[name] for name in given.problem] or list(known.values())
    if given.verb == "report":
        print("\n".join(report(given.folder, given.seeds, chosen)))
        return 0
    environments = rival_environments()
    for seed in range(given.seeds):
        for problem in chosen:
            for name in deciders_for(problem, environments):
                if not given.decider or name in given.decider:
                    trace = trace_of(given.folder, problem, name, seed)
                    print(
                        f"{problem.name} {name} seed {seed}: final regret "
                        f"{trace.regret[-1]:.4g}, {trace.seconds:.0f} s",
                        flush=True,
                    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
