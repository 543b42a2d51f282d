"""Are our decisions as good as anybody's? Runs, resumes and reports the comparison.

    python -m tests.benchmarks.decisions run --seeds 20 [--problem NAME …] [--decider NAME …]
    python -m tests.benchmarks.decisions report

Finished runs are never repeated: kill it and start it again. A rival runs in an environment of its
own behind an ask/tell process (``decision_rivals/``); where its environment is absent only its kept
traces are compared. Traces are kept by problem, decider, version and seed in ``decision_traces``:
seconds in them are of whatever machine made them, and are compared within one run alone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import numpy as np

from agents.acquisition.cellwright import CellwrightDecider
from agents.acquisition.decider import Decider
from agents.acquisition.known_constraints import unconstrained
from agents.acquisition.random_search import RandomDecider
from agents.acquisition.sobol import SobolDecider
from tests.benchmarks.decision_botorch import BotorchDecider, fit_multi_fidelity
from tests.benchmarks.decision_problems import Problem, problems
from tests.benchmarks.decision_rivals.rival_process import (
    RivalDecider,
    pinned_version,
    rival_environments,
)
from tests.benchmarks.decision_runs import Trace, cached, kept, run
from tests.benchmarks.decision_scores import Comparison, compare, cost_to_reach, holm, score

OURS = "cellwright"
SINGLE = "cellwright_single"
ASYNCHRONOUS = "cellwright_16_workers"
"""Ours, 16 evaluations under way at a time with run times spread over a factor of ten."""
N_WORKERS, SPREAD = 16, 10.0
BOTORCH = "botorch_surrogate"
"""Our acquisition on ``SingleTaskGP``, or with two levels ``SingleTaskMultiFidelityGP``."""
GOAL = 0.05
"""Cost is counted until within 5% of a problem's scale."""
NEAR = 0.01
"""Electrodes: target evaluations are counted until within 1% of the best known."""
TRACES = Path(__file__).with_name("decision_traces")

_BUILT_IN: dict[str, Callable[[], Decider]] = {
    OURS: lambda: CellwrightDecider(screen=unconstrained),
    SINGLE: lambda: CellwrightDecider(screen=unconstrained),
    ASYNCHRONOUS: lambda: CellwrightDecider(screen=unconstrained),
    "sobol": lambda: SobolDecider(screen=unconstrained),
    "random": lambda: RandomDecider(screen=unconstrained),
    BOTORCH: lambda: BotorchDecider(fit_multi_fidelity),
}


def deciders_for(problem: Problem) -> list[str]:
    """Return whose runs a problem needs."""
    ours = [OURS, SINGLE] if problem.is_multi_fidelity else [OURS]
    return [*ours, ASYNCHRONOUS, *problem.rivals]


def version_of(name: str) -> str:
    """Return what a decider's traces are kept by: its version, or the pinned library's."""
    if name in _BUILT_IN:
        return metadata.version("botorch") if name == BOTORCH else _BUILT_IN[name]().version
    return pinned_version(name)


def trace_of(folder: Path, problem: Problem, name: str, seed: int) -> Trace | None:
    """Return a run, made now or read back; None where it cannot be made here."""
    kept_as = f"{name}-{version_of(name)}"
    if name not in _BUILT_IN and name not in rival_environments():
        return kept(folder, kept_as, problem, seed)

    def make() -> Trace:
        decider = _BUILT_IN[name]() if name in _BUILT_IN else RivalDecider(name)
        target_only = name in (SINGLE, "sobol", "random")
        if name == ASYNCHRONOUS:
            return run(problem, decider, seed, n_workers=N_WORKERS, spread=SPREAD)
        return run(problem, decider, seed, target_only=target_only)

    return cached(folder, kept_as, problem, seed, make)


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
    comparisons: list[Comparison] = []
    absent: set[str] = set()
    yield "| problem | decider | score | 95% of seeds within | covered | seconds a run |"
    yield "|---|---|---|---|---|---|"
    ratios: list[str] = []
    for problem in chosen:
        traces: dict[str, list[Trace]] = {}
        for name in deciders_for(problem):
            found = [trace_of(folder, problem, name, seed) for seed in range(n_seeds)]
            if all(found):
                traces[name] = [trace for trace in found if trace is not None]
            else:
                absent.add(name)
        names = list(traces)
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
            if name not in (OURS, ASYNCHRONOUS)
        ]
        if ASYNCHRONOUS in scores:
            late = compare(problem.name, OURS, scores[ASYNCHRONOUS], scores[OURS])
            comparisons.append(replace(late, problem=f"{problem.name}, 16 workers"))
        if problem.is_multi_fidelity:
            ratios.append(_cost_ratio(problem, traces, scale))
        if problem.name.startswith("electrode"):
            ratios.append(_evaluations_to_near(problem, traces))
    yield ""
    yield "| problem | against | ours − theirs | upper 95% bound | Holm, margin 0.05 |"
    yield "|---|---|---|---|---|"
    for c in holm(comparisons):
        verdict = "passes" if c.passes else "inconclusive or worse"
        yield f"| {c.problem} | {c.rival} | {c.difference:+.3f} | {c.upper:+.3f} | {verdict} |"
    yield ""
    yield from ratios
    if absent:
        yield f"\nNot compared everywhere, for want of an environment: {', '.join(sorted(absent))}."


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


def _evaluations_to_near(problem: Problem, traces: dict[str, list[Trace]]) -> str:
    """Say after how many target evaluations the recommendation stays within 1% of the best."""
    told = []
    for name, found in traces.items():
        counts = [
            cost_to_reach(
                np.array(t.at_target, float),
                np.array(t.regret),
                goal=NEAR * abs(problem.best),
                budget=problem.budget,
            )
            for t in found
        ]
        told.append(f"{name} {np.median(counts):.0f} ({np.quantile(counts, 0.9):.0f})")
    return (
        f"{problem.name}: target evaluations to within 1% of the best, median (90th percentile), "
        f"{problem.budget:.0f} where it was never reached: {', '.join(told)}\n"
    )


def main(arguments: list[str]) -> int:
    """Run or report."""
    parser = argparse.ArgumentParser(prog="decisions", description=__doc__)
    parser.add_argument("verb", choices=["run", "report"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--problem", action="append", default=[])
    parser.add_argument("--decider", action="append", default=[])
    parser.add_argument("--folder", type=Path, default=TRACES)
    given = parser.parse_args(arguments)
    known = problems()
    chosen = [known[name] for name in given.problem] or list(known.values())
    if given.verb == "report":
        print("\n".join(report(given.folder, given.seeds, chosen)))
        return 0
    for seed in range(given.seeds):
        for problem in chosen:
            for name in deciders_for(problem):
                if given.decider and name not in given.decider:
                    continue
                trace = trace_of(given.folder, problem, name, seed)
                told = "no environment here"
                if trace is not None:
                    told = f"final regret {trace.regret[-1]:.4g}, {trace.seconds:.0f} s"
                print(f"{problem.name} {name} seed {seed}: {told}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
