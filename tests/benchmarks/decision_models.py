"""Which surrogate predicts the target best from few observations at two levels, and at what cost?

    python -m tests.benchmarks.decision_models [--seeds 20] [--problem NAME …] [--model NAME …]

Ours against BoTorch's multi-task process with signed covariance and its multi-fidelity process:
held-out log density of noisy target values (in units of the target's spread, so 0 sd is 0 nat),
root mean squared error of the mean, coverage of the 95% interval, processor time of one fit, and
how far ours is ahead in log density over the same seeds. ``electrode`` are real observations.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import numpy as np
import torch
from scipy.special import logsumexp
from scipy.stats import norm, qmc

from agents.surrogates.fit import fit
from agents.surrogates.level_data import LevelData
from agents.surrogates.process import Process
from tests.benchmarks import decision_electrode
from tests.benchmarks.decision_botorch import (
    Fit,
    fit_multi_fidelity,
    fit_signed_multi_task,
)
from tests.benchmarks.decision_problems import CHEAP, FIRST, TARGET, Problem, problems

MODELS: Final[dict[str, Fit]] = {
    "ours": fit,
    "ours, mode only": lambda data, group: fit(data, group, n_draws=1),
    "MultiTaskGP, signed": fit_signed_multi_task,
    "SingleTaskMultiFidelityGP": fit_multi_fidelity,
}
SIZES: Final = ((16, 4), (40, 12))
"""Cheap and target observations; the target's designs are among the cheap level's."""
N_HELD_OUT: Final = 256
ELECTRODE: Final = "electrode"
ELECTRODE_SIZES: Final = (4, 8, 16)
"""Fine observations beside the coarse ones of a campaign."""


def sample(problem: Problem, n_cheap: int, n_target: int, seed: int) -> LevelData:
    """Return noisy observations of scrambled Sobol designs."""
    rng = np.random.default_rng([seed, n_cheap])
    x = qmc.Sobol(problem.n_dim, scramble=True, rng=rng).random(n_cheap)
    y = [problem.truths[CHEAP][FIRST](row) for row in x]
    y += [problem.truths[TARGET][FIRST](row) for row in x[:n_target]]
    return LevelData(
        x=np.concatenate([x, x[:n_target]]),
        level=np.repeat([1, 0], [n_cheap, n_target]),
        y=np.array(y) + problem.noise_sd[FIRST] * rng.standard_normal(len(y)),
        job_ids=tuple(str(i) for i in range(len(y))),
        scatter=(None, None),
    )


def held_out(problem: Problem, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return designs and noisy target values nobody learned from."""
    rng = np.random.default_rng([seed, 10**6])
    x = rng.random((N_HELD_OUT, problem.n_dim))
    truth = np.array([problem.truths[TARGET][FIRST](row) for row in x])
    return x, truth + problem.noise_sd[FIRST] * rng.standard_normal(N_HELD_OUT)


def log_density(process: Process, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the log predictive density of noisy target values, in the metric's unit."""
    z = (y - process.location[0]) / process.scale
    latent = process.warp.forward(z)
    seen = process.seen(x)
    noise = process.noise()[:, :1] * process.warp.slope(process.warp.inverse(seen.means)) ** 2
    logs = norm.logpdf(latent, seen.means, np.sqrt(seen.sds**2 + noise))
    mixed = logsumexp(logs + np.log(process.weights)[:, None], axis=0)
    return np.asarray(mixed + np.log(process.warp.slope(z) / process.scale))


Case = Callable[[int], tuple[LevelData, np.ndarray, np.ndarray]]
"""Data to learn from, rows and values held out, by seed."""


def cases(chosen: list[str]) -> Iterator[tuple[str, str, Case]]:
    """Yield problem, size and case."""
    known = problems()
    for name in chosen:
        if name == ELECTRODE:
            for n in ELECTRODE_SIZES:
                yield name, f"24 + {n}", partial(decision_electrode.split, n)
            continue
        for size in SIZES:
            yield name, f"{size[0]} + {size[1]}", partial(_synthetic, known[name], size)


def _synthetic(
    problem: Problem, size: tuple[int, int], seed: int
) -> tuple[LevelData, np.ndarray, np.ndarray]:
    return sample(problem, *size, seed), *held_out(problem, seed)


def measured(case: Case, model: Fit, seed: int) -> list[float]:
    """Return log density, error, coverage and seconds of one fit."""
    data, x, y = case(seed)
    started = time.process_time()
    process = model(data, tuple(range(data.x.shape[1])))
    seconds = time.process_time() - started
    mean, sd = process.predictive(x)
    spread = float(y.std())
    center = process.moments(mean, sd, np.zeros(len(x), int))[0]
    low, high = process.from_latent(mean - 1.96 * sd), process.from_latent(mean + 1.96 * sd)
    return [
        float(np.mean(log_density(process, x, y))) + float(np.log(spread)),
        float(np.sqrt(np.mean((center - y) ** 2))) / spread,
        float(np.mean((low <= y) & (y <= high))),
        seconds,
    ]


def report(chosen: list[str], models: list[str], n_seeds: int) -> Iterator[str]:
    """Yield the table, Markdown; ours comes first."""
    yield (
        "| problem | cheap + target | model | log density | rmse / spread | covered | fit, s "
        "| ours ahead by |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for problem, size, case in cases(chosen):
        ours: np.ndarray | None = None
        for name in models:
            found = [measured(case, MODELS[name], seed) for seed in range(n_seeds)]
            _, error, covered, seconds = np.mean(found, axis=0)
            each = np.array([f[0] for f in found])
            ahead = "–" if ours is None else _mean_with_error(ours - each)
            ours = each if ours is None else ours
            yield (
                f"| {problem} | {size} | {name} | {_mean_with_error(each)} | {error:.3f} "
                f"| {covered:.0%} | {seconds:.2f} | {ahead} |"
            )


def _mean_with_error(values: np.ndarray) -> str:
    return f"{values.mean():+.2f} ± {values.std(ddof=1) / np.sqrt(len(values)):.2f}"


def main(arguments: list[str]) -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="decision_models", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--problem", action="append", default=[])
    parser.add_argument("--model", action="append", default=[], choices=list(MODELS))
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    known = [
        name
        for name, problem in problems().items()
        if problem.is_multi_fidelity and not name.endswith("_3")
    ]
    chosen = given.problem or [ELECTRODE, *known]
    for line in report(chosen, given.model or list(MODELS), given.seeds):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
