"""Fitting the multi-level process: the most probable hyperparameters, and how sure they are.

The posterior over hyperparameters is taken as normal around its mode (Laplace), with the warp kept,
and represented by a few quasi-random draws weighted by the true posterior. With few points this
is what keeps predictive intervals honest.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.stats import norm, qmc

from agents.surrogates.agreement import agreement_of
from agents.surrogates.hyper_prior import Layout, Priors
from agents.surrogates.level_data import LevelData
from agents.surrogates.multi_level_gp import JITTER, Hyperparameters, Rows, covariance
from agents.surrogates.process import Process
from agents.surrogates.process_mixture import ProcessMixture
from agents.surrogates.standardisation import standardisation
from agents.surrogates.thinning import thinned
from agents.surrogates.warp import Warp, power_of, warped

N_DRAWS = 6
MOST_FITTED = 300
"""So many rows at most decide the hyperparameters; all rows given are conditioned on."""
N_SPREAD = 24
LEAST_PRECISION = 0.3
"""Of the posterior along any direction of the (transformed) hyperparameters."""
LARGEST_LOG_WEIGHT_LOSS = 4.0


def fit(
    data: LevelData,
    group: tuple[int, ...],
    *,
    priors: Priors | None = None,
    n_iterations: int = 60,
    n_draws: int = N_DRAWS,
) -> ProcessMixture:
    """Return the processes at draws of the hyperparameters, the mode first.

    The search for the mode starts at the prior's center and at shorter length scales. Raises
    ``ArithmeticError`` where no start gives a finite posterior.
    """
    location, scale = standardisation(data)
    layout = Layout(data, group, scale, priors or Priors())
    posterior = _NegativeLogPosterior(thinned(data, MOST_FITTED), group, location, scale, layout)
    mode = _mode(posterior, layout, n_iterations)
    spread = _spread(posterior, mode)
    vectors, weights = _draws(posterior, mode, spread, n_draws)
    parts = tuple(
        _process(data, group, location, scale, layout.unpack(torch.as_tensor(vector)))
        for vector in vectors
    )
    agreement = agreement_of(layout, mode, spread, data.x[:N_SPREAD]) if data.n > 1 else None
    return ProcessMixture(parts=parts, weights=weights, agreement=agreement)


def at_prior(
    data: LevelData, group: tuple[int, ...], *, priors: Priors | None = None
) -> ProcessMixture:
    """Return the process with hyperparameters at the prior's center, fitted to nothing."""
    location, scale = standardisation(data)
    layout = Layout(data, group, scale, priors or Priors())
    process = _process(data, group, location, scale, layout.unpack(layout.center))
    return ProcessMixture(parts=(process,), weights=np.ones(1), agreement=None)


def _mode(posterior: _NegativeLogPosterior, layout: Layout, n_iterations: int) -> np.ndarray:
    best: tuple[float, np.ndarray] | None = None
    for shift in (0.0, -1.0):
        start = layout.center.clone()
        start[: layout.n_groups] += shift
        result = minimize(
            posterior,
            start.numpy(),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": n_iterations, "ftol": 1e-6},
        )
        if np.isfinite(result.fun) and (best is None or result.fun < best[0] - 1e-6):
            best = (float(result.fun), np.asarray(result.x))
    if best is None:
        raise ArithmeticError("the marginal likelihood was not finite at any start")
    return best[1]


def _spread(posterior: _NegativeLogPosterior, mode: np.ndarray) -> np.ndarray:
    """Return a root of the posterior's covariance at its mode; the warp, last, stays."""
    n = len(mode) - 1
    step = 1e-3
    curvature = np.empty((n, n))
    for i in range(n):
        ahead, behind = mode.copy(), mode.copy()
        ahead[i] += step
        behind[i] -= step
        curvature[i] = (posterior(ahead)[1] - posterior(behind)[1])[:n] / (2 * step)
    values, axes = np.linalg.eigh(0.5 * (curvature + curvature.T))
    return np.asarray(axes / np.sqrt(np.maximum(values, LEAST_PRECISION)))


def _draws(
    posterior: _NegativeLogPosterior, mode: np.ndarray, spread: np.ndarray, n_draws: int
) -> tuple[list[np.ndarray], np.ndarray]:
    """Return draws around the mode, itself the first, with their weights."""
    if n_draws == 1:
        return [mode], np.ones(1)
    n = len(spread)
    engine = qmc.Sobol(n, scramble=True, rng=np.random.default_rng(0))
    uniform = engine.random(2 ** math.ceil(math.log2(n_draws)))[:n_draws]
    normals = norm.ppf(np.clip(uniform, 1e-6, 1 - 1e-6))
    normals[0] = 0.0
    vectors = [np.append(mode[:n] + spread @ z, mode[n]) for z in normals]
    logs = np.array([-posterior(v)[0] for v in vectors]) + 0.5 * (normals**2).sum(axis=1)
    weights = np.exp(np.clip(logs - logs.max(), -LARGEST_LOG_WEIGHT_LOSS, 0.0))
    weights[logs - logs.max() < -50.0] = 0.0
    kept = weights > 0.0
    found = [v for v, is_kept in zip(vectors, kept, strict=True) if is_kept]
    return found, weights[kept] / weights[kept].sum()


def _process(
    data: LevelData,
    group: tuple[int, ...],
    location: np.ndarray,
    scale: float,
    hyperparameters: Hyperparameters,
) -> Process:
    warp = Warp(float(power_of(hyperparameters.warp_logit)))
    return Process(
        hyperparameters=hyperparameters,
        group=group,
        location=location,
        scale=scale,
        x=data.x,
        level=data.level,
        latent=warp.forward((data.y - location[data.level]) / scale),
    )


class _NegativeLogPosterior:
    """Value and gradient of minus the log posterior of the hyperparameter vector."""

    def __init__(
        self,
        data: LevelData,
        group: tuple[int, ...],
        location: np.ndarray,
        scale: float,
        layout: Layout,
    ) -> None:
        self._rows = Rows(torch.as_tensor(data.x), torch.as_tensor(data.level))
        self._y = torch.as_tensor((data.y - location[data.level]) / scale)
        self._group = torch.as_tensor(group)
        self._layout = layout

    def __call__(self, vector: np.ndarray) -> tuple[float, np.ndarray]:
        v = torch.tensor(vector, dtype=torch.double, requires_grad=True)
        layout = self._layout
        h = layout.unpack(v)
        latent, log_slope = warped(self._y, power_of(h.warp_logit))
        noise = torch.exp(h.log_noise)[self._rows.level] * torch.exp(2 * log_slope)
        matrix = covariance(h, self._group, self._rows, self._rows)
        factor, failed = torch.linalg.cholesky_ex(matrix + torch.diag(noise + JITTER))
        if bool(failed):
            return 1e10, np.zeros_like(vector)
        half = torch.linalg.solve_triangular(factor, latent[:, None], upper=False)
        fit_term = 0.5 * (half**2).sum() + torch.log(torch.diagonal(factor)).sum()
        fit_term = fit_term - log_slope.sum()
        prior_term = 0.5 * (((v - layout.center) / layout.width) ** 2).sum()
        loss = fit_term + prior_term
        loss.backward()
        assert v.grad is not None
        return float(loss.detach()), v.grad.numpy()
