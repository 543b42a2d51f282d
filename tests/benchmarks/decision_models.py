"""Which surrogate predicts the target best from few observations at two levels, and at what cost?

    python -m tests.benchmarks.decision_models [--seeds 5] [--problem NAME …]

Ours against BoTorch's multi-task process with signed covariance and its multi-fidelity process:
held-out log density of noisy target values (in units of the target's spread, so 0 sd is 0 nat),
root mean squared error of the mean, coverage of the 95% interval, and processor time of one fit.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Iterator
from typing import Final

import numpy as np
import torch
from scipy.special import logsumexp
from scipy.stats import norm, qmc

from agents.surrogates.fit import fit
from agents.surrogates.level_data import LevelData
from agents.surrogates.process import Process
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


def measured(problem: Problem, name: str, size: tuple[int, int], seed: int) -> list[float]:
    """Return log density, error, coverage and seconds of one fit."""
    data = sample(problem, *size, seed)
    x, y = held_out(problem, seed)
    started = time.process_time()
    process = MODELS[name](data, tuple(range(problem.n_dim)))
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


def report(chosen: list[Problem], n_seeds: int) -> Iterator[str]:
    """Yield the table, Markdown."""
    yield "| problem | cheap + target | model | log density | rmse / spread | covered | fit, s |"
    yield "|---|---|---|---|---|---|---|"
    for problem in chosen:
        for size in SIZES:
            for name in MODELS:
                found = [measured(problem, name, size, seed) for seed in range(n_seeds)]
                density, error, covered, seconds = np.mean(found, axis=0)
                scatter = np.std([f[0] for f in found], ddof=1) / np.sqrt(n_seeds)
                yield (
                    f"| {problem.name} | {size[0]} + {size[1]} | {name} "
                    f"| {density:+.2f} ± {scatter:.2f} | {error:.3f} | {covered:.0%} "
                    f"| {seconds:.2f} |"
                )


def main(arguments: list[str]) -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="decision_models", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--problem", action="append", default=[])
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    known = {name: p for name, p in problems().items() if p.is_multi_fidelity}
    chosen = [known[name] for name in given.problem] or [
        p for name, p in known.items() if not name.endswith("_3")
    ]
    for line in report(chosen, given.seeds):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
