"""Fitting the multi-level process: the most probable hyperparameters, and how sure they are.

The posterior over hyperparameters is taken as normal around its mode (Laplace), with the warp kept,
and represented by a few quasi-random draws weighted by the true posterior. With few points this
is what keeps predictive intervals honest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.stats import norm, qmc

from agents.surrogates.agreement import Agreement, agreement_of
from agents.surrogates.hyper_prior import Layout, Priors
from agents.surrogates.level_data import LevelData
from agents.surrogates.log_posterior import LOST, LogPosterior
from agents.surrogates.multi_level_gp import Hyperparameters
from agents.surrogates.process import Process
from agents.surrogates.standardisation import standardisation
from agents.surrogates.thinning import thinned
from agents.surrogates.warp import Warp, power_of

MOST_DRAWS = 16
LEAST_DRAWS = 2
VALUES_TIMES_DRAWS = 1024
"""Draws are worth most where values are few, and cost most where they are many."""
MOST_FITTED = 300
"""So many rows at most decide the hyperparameters; all rows given are conditioned on."""
N_SPREAD = 24
LEAST_PRECISION = 0.3
"""Of the posterior along any direction of the (transformed) hyperparameters."""
LARGEST_LOG_WEIGHT_LOSS = 4.0


@dataclass(frozen=True)
class Learned:
    """What data taught about a process, apart from the data."""

    location: np.ndarray
    scale: float
    group: tuple[int, ...]
    hyperparameters: Hyperparameters
    weights: np.ndarray
    agreement: Agreement | None

    def given(self, data: LevelData) -> Process:
        """Return the process conditioned on data, which may have grown since."""
        process = _process(data, self.group, self.location, self.scale, self.hyperparameters)
        return replace(process, weights=self.weights, agreement=self.agreement)


def fit(
    data: LevelData,
    group: tuple[int, ...],
    *,
    priors: Priors | None = None,
    n_iterations: int = 60,
    n_draws: int | None = None,
) -> Process:
    """Return the process at draws of the hyperparameters, the mode first.

    Raises ``ArithmeticError`` where no start of the search gives a finite posterior.
    """
    learned = learn(data, group, priors=priors, n_iterations=n_iterations, n_draws=n_draws)
    return learned.given(data)


def learn(
    data: LevelData,
    group: tuple[int, ...],
    *,
    priors: Priors | None = None,
    n_iterations: int = 60,
    n_draws: int | None = None,
) -> Learned:
    """Return what data teach; raises as ``fit`` does."""
    location, scale = standardisation(data)
    layout = Layout(data, group, scale, priors or Priors())
    posterior = LogPosterior(thinned(data, MOST_FITTED), group, location, scale, layout)
    mode = _mode(posterior, layout, n_iterations)
    spread = _spread(posterior, mode)
    if n_draws is None:
        n_draws = min(MOST_DRAWS, max(LEAST_DRAWS, VALUES_TIMES_DRAWS // data.n))
    vectors, weights = _draws(posterior, mode, spread, n_draws)
    hyperparameters = layout.unpack(torch.as_tensor(vectors))
    learned = Learned(location, scale, group, hyperparameters, weights, None)
    if data.n < 2:
        return learned
    x = data.x[:N_SPREAD]
    target_variance = learned.given(data).expected_variance(x)
    return replace(learned, agreement=agreement_of(layout, mode, spread, x, target_variance))


def at_prior(data: LevelData, group: tuple[int, ...], *, priors: Priors | None = None) -> Process:
    """Return the process with hyperparameters at the prior's center, fitted to nothing."""
    location, scale = standardisation(data)
    layout = Layout(data, group, scale, priors or Priors())
    return _process(data, group, location, scale, layout.unpack(layout.center[None]))


def _mode(posterior: LogPosterior, layout: Layout, n_iterations: int) -> np.ndarray:
    best: tuple[float, np.ndarray] | None = None
    for start in layout.starts():
        result = minimize(
            posterior.negative,
            start.numpy(),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": n_iterations, "ftol": 1e-6},
        )
        if result.fun < -LOST and (best is None or result.fun < best[0] - 1e-6):
            best = (float(result.fun), np.asarray(result.x))
    if best is None:
        raise ArithmeticError("the marginal likelihood was not finite at any start")
    return best[1]


def _spread(posterior: LogPosterior, mode: np.ndarray) -> np.ndarray:
    """Return a root of the posterior's covariance at its mode; the warp, last, stays."""
    n = len(mode) - 1
    step = 1e-3
    steps = np.concatenate([step * np.eye(n, n + 1), -step * np.eye(n, n + 1)])
    _, gradients = posterior.many(mode + steps)
    curvature = (gradients[n:] - gradients[:n])[:, :n] / (2 * step)
    values, axes = np.linalg.eigh(0.5 * (curvature + curvature.T))
    return np.asarray(axes / np.sqrt(np.maximum(values, LEAST_PRECISION)))


def _draws(
    posterior: LogPosterior, mode: np.ndarray, spread: np.ndarray, n_draws: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return draws around the mode (rows), itself the first, with their weights."""
    if n_draws == 1:
        return mode[None], np.ones(1)
    n = len(spread)
    engine = qmc.Sobol(n, scramble=True, rng=np.random.default_rng(0))
    uniform = engine.random(2 ** math.ceil(math.log2(n_draws)))[:n_draws]
    normals = norm.ppf(np.clip(uniform, 1e-6, 1 - 1e-6))
    normals[0] = 0.0
    vectors = np.column_stack([mode[:n] + normals @ spread.T, np.full(n_draws, mode[n])])
    logs = posterior.many(vectors)[0] + 0.5 * (normals**2).sum(axis=1)
    logs -= logs.max()
    kept = logs >= -50.0
    weights = np.exp(np.maximum(logs[kept], -LARGEST_LOG_WEIGHT_LOSS))
    return vectors[kept], weights / weights.sum()


def _process(
    data: LevelData,
    group: tuple[int, ...],
    location: np.ndarray,
    scale: float,
    hyperparameters: Hyperparameters,
) -> Process:
    n_draws = len(hyperparameters.warp_logit)
    warp = Warp(float(power_of(hyperparameters.warp_logit[0])))
    latent = warp.forward((data.y - location[data.level]) / scale)
    return Process(
        hyperparameters=hyperparameters,
        weights=np.full(n_draws, 1.0 / n_draws),
        group=group,
        location=location,
        scale=scale,
        x=data.x,
        level=data.level,
        latent=np.tile(latent, (n_draws, 1)),
    )
