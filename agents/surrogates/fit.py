"""Fitting the multi-level process: maximum a posteriori, with priors that behave with 5 points."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

from agents.surrogates.level_data import LevelData
from agents.surrogates.multi_level_gp import JITTER, Hyperparameters, Rows, covariance
from agents.surrogates.process import Process
from agents.surrogates.warp import Warp, power_of, warped


@dataclass(frozen=True)
class Priors:
    """Normal priors on the transformed hyperparameters (all assumed; outputs standardised).

    The length scale's median grows with the root of the number of parameters (Hvarfner, Hellsten &
    Nardi, ICML 2024); correlation with the target is expected to be high, and may be negative.
    """

    length_median: float = 0.6
    length_sd: float = 0.8
    sd_sd: float = 0.7
    sd_between_levels: float = 0.3
    correlation_atanh: float = 1.6
    correlation_sd: float = 0.9
    noise_variance: float = 3e-3
    noise_sd: float = 1.5
    noise_model_sd: float = 0.4
    """Added to a pooled variance's own uncertainty: volumes are few and P2D is not linear."""
    warp_sd: float = 1.0


class _Layout:
    """The hyperparameters as one vector, with the normal prior of each entry."""

    def __init__(self, data: LevelData, n_groups: int, scale: float, priors: Priors) -> None:
        n_levels = len(data.scatter)
        self.n_groups, self.n_levels = n_groups, n_levels
        n_pairs = n_levels * (n_levels - 1) // 2
        length = math.log(priors.length_median) + 0.5 * math.log(n_groups)
        partial = [
            priors.correlation_atanh if j == 0 else 0.5 * priors.correlation_atanh
            for i in range(n_levels)
            for j in range(i)
        ]
        noise = [_noise_prior(scatter, scale, priors) for scatter in data.scatter]
        self.center = torch.tensor(
            [length] * n_groups
            + [0.0] * (1 + n_levels)
            + partial
            + [center for center, _ in noise]
            + [0.0],
            dtype=torch.double,
        )
        self.width = torch.tensor(
            [priors.length_sd] * n_groups
            + [priors.sd_sd]
            + [priors.sd_between_levels] * n_levels
            + [priors.correlation_sd] * n_pairs
            + [width for _, width in noise]
            + [priors.warp_sd],
            dtype=torch.double,
        )
        self.n_pairs = n_pairs

    def unpack(self, v: Tensor) -> Hyperparameters:
        g, k = self.n_groups, self.n_levels
        return Hyperparameters(
            log_length=v[:g],
            log_sd=v[g] + v[g + 1 : g + 1 + k],
            correlation=v[g + 1 + k : g + 1 + k + self.n_pairs],
            log_noise=v[g + 1 + k + self.n_pairs : -1],
            warp_logit=v[-1],
        )


def _noise_prior(
    scatter: tuple[float, int] | None, scale: float, priors: Priors
) -> tuple[float, float]:
    """Return center and width of a log noise variance; ln s² has variance about 2/ν."""
    if scatter is None:
        return math.log(priors.noise_variance), priors.noise_sd
    variance, degrees = scatter
    floor = 1e-6
    return (
        math.log(max(variance / scale**2, floor)),
        math.sqrt(2.0 / degrees + priors.noise_model_sd**2),
    )


def standardisation(data: LevelData) -> tuple[np.ndarray, float]:
    """Return a location per level and a common scale.

    A level with fewer than 5 values takes its location from the designs it shares with a better
    known level, so that two lucky target values do not shift a whole level.
    """
    n_levels = len(data.scatter)
    counts = np.bincount(data.level, minlength=n_levels)
    known = int(counts.argmax())
    location = np.full(n_levels, data.y[data.level == known].mean())
    for k in range(n_levels):
        if k == known or counts[k] == 0:
            continue
        if counts[k] >= 5:
            location[k] = data.y[data.level == k].mean()
        elif (shift := _paired_shift(data, k, known)) is not None:
            location[k] += shift
    within = data.y - location[data.level]
    scale = float(np.sqrt((within**2).mean()))
    largest = float(np.abs(data.y).max(initial=0.0))
    return location, scale if scale > 1e-9 * largest else max(1e-3 * largest, 1e-12)


def _paired_shift(data: LevelData, k: int, other: int) -> float | None:
    """Return the mean difference between two levels over shared designs."""
    differences = [
        data.y[i] - data.y[j]
        for i in np.flatnonzero(data.level == k)
        for j in np.flatnonzero(data.level == other)
        if np.array_equal(data.x[i], data.x[j])
    ]
    return float(np.mean(differences)) if differences else None


def fit(
    data: LevelData, group: tuple[int, ...], *, priors: Priors = Priors(), n_iterations: int = 60
) -> Process:
    """Return the process at the most probable hyperparameters.

    Starts at the prior's center and at short and long length scales. Raises ``ArithmeticError``
    where no start gives a finite posterior.
    """
    location, scale = standardisation(data)
    layout = _Layout(data, max(group) + 1, scale, priors)
    posterior = _NegativeLogPosterior(data, group, location, scale, layout)
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
    return _process(data, group, location, scale, layout.unpack(torch.as_tensor(best[1])))


def at_prior(data: LevelData, group: tuple[int, ...], *, priors: Priors = Priors()) -> Process:
    """Return the process with hyperparameters at the prior's center, fitted to nothing."""
    location, scale = standardisation(data)
    layout = _Layout(data, max(group) + 1, scale, priors)
    return _process(data, group, location, scale, layout.unpack(layout.center))


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
        layout: _Layout,
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
