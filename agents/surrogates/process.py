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
        rows = _rows(x, level)
        cross = self.prior(rows, self._data)
        variance = self.prior_variance(rows) - (self._whitened(cross.T) ** 2).sum(0)
        return (cross @ self._weights).numpy(), variance.clamp_min(1e-12).sqrt().numpy()

    def covariance(self, xa: np.ndarray, xb: np.ndarray) -> np.ndarray:
        """Return the latent posterior covariance (``n x m``) at the target."""
        a, b = _rows(xa, 0), _rows(xb, 0)
        left = self._whitened(self.prior(self._data, a))
        right = self._whitened(self.prior(self._data, b))
        return np.asarray((self.prior(a, b) - left.T @ right).numpy())

    def predictive(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the latent mean and standard deviation of a next observation at the target."""
        mean, sd = self.mean_and_sd(x)
        noise = self._latent_noise(mean, np.zeros(len(x), int))
        return mean, np.sqrt(sd**2 + noise)

    def share_revealed(self, x: np.ndarray, level: int) -> np.ndarray:
        """Return which share of the target's variance at rows one observation removes."""
        target, seen = _rows(x, 0), _rows(x, level)
        at_target = self._whitened(self.prior(self._data, target))
        at_level = self._whitened(self.prior(self._data, seen))
        spread = self.prior_variance(target) - (at_target**2).sum(0)
        own = self.prior_variance(seen) - (at_level**2).sum(0)
        one = Rows(target.x[:1], target.level[:1]), Rows(seen.x[:1], seen.level[:1])
        both = self.prior(*one)[0, 0] - (at_target * at_level).sum(0)
        noise = torch.as_tensor(self._latent_noise(self.mean(x, level), seen.level.numpy()))
        share = both**2 / ((own + noise) * spread.clamp_min(1e-12))
        return np.asarray(share.clamp(0.0, 1.0).numpy())

    def believing(self, x: np.ndarray, level: int) -> Process:
        """Return the process after observations equal to its own means (kriging believer).

        The mean stays; the variance shrinks as the pending evaluations will shrink it.
        """
        mean = self.mean(x, level)
        levels = np.full(len(x), level)
        rows = _rows(x, level)
        half = self._whitened(self.prior(self._data, rows))
        noise = torch.as_tensor(self._latent_noise(mean, levels))
        corner = factored(self.prior(rows, rows) + torch.diag(noise) - half.T @ half)
        above = torch.cat([self._factor, torch.zeros_like(half)], dim=1)
        return replace(
            self,
            x=np.concatenate([self.x, x]),
            level=np.concatenate([self.level, levels]),
            latent=np.concatenate([self.latent, mean]),
            factor=torch.cat([above, torch.cat([half.T, corner], dim=1)]),
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
