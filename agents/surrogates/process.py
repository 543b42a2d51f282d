"""A conditioned multi-level process of one metric: predictions, covariances, leave-one-out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from agents.surrogates.multi_level_gp import (
    Hyperparameters,
    Rows,
    covariance,
    factored,
    prior_variance,
)
from agents.surrogates.warp import Warp, power_of


@dataclass(frozen=True)
class Seen:
    """Rows at one level under a process: latent moments, and what covariances need."""

    rows: Rows
    half: Tensor
    """The data's inverse root times their prior covariance with the rows, ``n_data x n``."""
    mean: np.ndarray
    sd: np.ndarray


@dataclass(frozen=True)
class Process:
    """Hyperparameters and data. Level 0 is the target.

    Latent values are standardised and warped: ``warp((y − location[level]) / scale)``. Acquisition
    works on them, since a monotone warp changes no order; ``moments`` gives metrics back.
    """

    hyperparameters: Hyperparameters
    group: tuple[int, ...]
    location: np.ndarray
    scale: float
    x: np.ndarray
    level: np.ndarray
    latent: np.ndarray
    factor: Tensor | None = field(default=None, kw_only=True)
    """Cholesky factor of the data's covariance where it is known already."""

    @cached_property
    def warp(self) -> Warp:
        """Return the warp of the outputs."""
        return Warp(float(power_of(self.hyperparameters.warp_logit)))

    def to_latent(self, value: float, level: int = 0) -> float:
        """Return the latent value of a metric's value."""
        z = np.array([(value - self.location[level]) / self.scale])
        return float(self.warp.forward(z)[0])

    def moments(
        self, mean: np.ndarray, sd: np.ndarray, level: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the metric's mean and standard deviation of normal latent values."""
        center, spread = self.warp.moments(mean, sd)
        return self.location[level] + self.scale * center, self.scale * spread

    def noise_variance(self, level: int) -> float:
        """Return the variance of an observation's noise at a level, in the metric's unit."""
        return self.scale**2 * float(self.noise()[level])

    def lengths(self) -> list[float]:
        """Return the length scales, one per parameter, in unit-cube widths."""
        return [float(value) for value in torch.exp(self.hyperparameters.log_length)]

    def mean(self, x: np.ndarray, level: int = 0) -> np.ndarray:
        """Return the latent posterior mean at rows ``n x n_columns``."""
        cross = self.prior(_rows(x, level), self._data)
        return np.asarray((cross @ self._weights).numpy())

    def mean_and_sd(self, x: np.ndarray, level: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return the latent posterior mean and standard deviation, noise-free."""
        seen = self.seen(x, level)
        return seen.mean, seen.sd

    def seen(self, x: np.ndarray, level: int = 0) -> Seen:
        """Return rows ``n x n_columns`` at a level as the data show them."""
        rows = _rows(x, level)
        half = self._whitened(self.prior(self._data, rows))
        variance = self.prior_variance(rows) - (half**2).sum(0)
        return Seen(
            rows=rows,
            half=half,
            mean=(self._whitened_latent @ half).numpy(),
            sd=variance.clamp_min(1e-12).sqrt().numpy(),
        )

    def between(self, a: Seen, b: Seen) -> np.ndarray:
        """Return the latent posterior covariance (``n x m``)."""
        return np.asarray((self.prior(a.rows, b.rows) - a.half.T @ b.half).numpy())

    def covariance(self, xa: np.ndarray, xb: np.ndarray) -> np.ndarray:
        """Return the latent posterior covariance (``n x m``) at the target."""
        return self.between(self.seen(xa), self.seen(xb))

    def predictive(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the latent mean and standard deviation of a next observation at the target."""
        mean, sd = self.mean_and_sd(x)
        noise = self._latent_noise(mean, np.zeros(len(x), int))
        return mean, np.sqrt(sd**2 + noise)

    def share_revealed(self, x: np.ndarray, level: int) -> np.ndarray:
        """Return which share of the target's variance at rows one observation removes."""
        target = self.seen(x, 0)
        seen = target if level == 0 else self.seen(x, level)
        one = (Rows(rows.x[:1], rows.level[:1]) for rows in (target.rows, seen.rows))
        both = self.prior(*one)[0, 0] - (target.half * seen.half).sum(0)
        noise = self._latent_noise(seen.mean, seen.rows.level.numpy())
        share = both.numpy() ** 2 / ((seen.sd**2 + noise) * target.sd**2)
        return np.asarray(np.clip(share, 0.0, 1.0))

    def believing(self, x: np.ndarray, level: int) -> Process:
        """Return the process after observations equal to its own means (kriging believer).

        The mean stays; the variance shrinks as the pending evaluations will shrink it.
        """
        seen = self.seen(x, level)
        levels = np.full(len(x), level)
        noise = np.diag(self._latent_noise(seen.mean, levels))
        corner = factored(torch.as_tensor(self.between(seen, seen) + noise))
        above = torch.cat([self._factor, torch.zeros_like(seen.half)], dim=1)
        return replace(
            self,
            x=np.concatenate([self.x, x]),
            level=np.concatenate([self.level, levels]),
            latent=np.concatenate([self.latent, seen.mean]),
            factor=torch.cat([above, torch.cat([seen.half.T, corner], dim=1)]),
        )

    def left_out(self) -> tuple[np.ndarray, np.ndarray]:
        """Return leave-one-out predictive means and standard deviations, noise included.

        Closed form: Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), eqs.
        5.10–5.12, with hyperparameters kept; in the metric's unit.
        """
        precision = torch.diagonal(torch.cholesky_inverse(self._factor))
        mean = torch.as_tensor(self.latent) - self._weights / precision
        return self.moments(mean.numpy(), precision.rsqrt().numpy(), self.level)

    def prior(self, a: Rows, b: Rows) -> Tensor:
        """Return the latent prior covariance (``n x m``) of noise-free values."""
        return covariance(self.hyperparameters, torch.as_tensor(self.group), a, b)

    def prior_variance(self, rows: Rows) -> Tensor:
        """Return the latent prior variance (``n``) of noise-free values."""
        return prior_variance(self.hyperparameters, rows.level)

    def noise(self) -> np.ndarray:
        """Return the variance of an observation's noise by level, standardised, not warped."""
        return np.asarray(torch.exp(self.hyperparameters.log_noise).numpy())

    @cached_property
    def _data(self) -> Rows:
        return Rows(torch.as_tensor(self.x), torch.as_tensor(self.level))

    @cached_property
    def _factor(self) -> Tensor:
        if self.factor is not None:
            return self.factor
        noise = torch.as_tensor(self._latent_noise(self.latent, self.level))
        return factored(self.prior(self._data, self._data) + torch.diag(noise))

    @cached_property
    def _whitened_latent(self) -> Tensor:
        return self._whitened(torch.as_tensor(self.latent)[:, None])[:, 0]

    @cached_property
    def _weights(self) -> Tensor:
        return torch.cholesky_solve(torch.as_tensor(self.latent)[:, None], self._factor)[:, 0]

    def _latent_noise(self, latent: np.ndarray, level: np.ndarray) -> np.ndarray:
        """Return the noise variance of observations as the warp stretches it at their values."""
        return np.asarray(self.noise()[level] * self.warp.slope(self.warp.inverse(latent)) ** 2)

    def _whitened(self, cross: Tensor) -> Tensor:
        half: Tensor = torch.linalg.solve_triangular(self._factor, cross, upper=False)
        return half


def _rows(x: np.ndarray, level: int) -> Rows:
    return Rows(torch.as_tensor(x), torch.full((len(x),), level))
