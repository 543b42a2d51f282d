"""A conditioned multi-level process of one metric at several draws of its hyperparameters."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from agents.surrogates.agreement import Agreement
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
    """Rows at one level under a process of ``D`` draws: latent moments, and what more needs."""

    rows: Rows
    half: Tensor
    """The data's inverse root times their prior covariance with the rows, ``D x n_data x n``."""
    means: np.ndarray
    """``D x n``."""
    sds: np.ndarray
    """``D x n``, noise-free."""


@dataclass(frozen=True)
class Process:
    """Draws of the hyperparameters with their weights, the likeliest first, and data.

    Level 0 is the target. Latent values are standardised and warped, ``warp((y − location[level]) /
    scale)``, alike for all draws. Acquisition works on them, since a monotone warp changes no
    order; ``moments`` gives metrics back. Means and standard deviations without an index are the
    mixture's own.
    """

    hyperparameters: Hyperparameters
    weights: np.ndarray
    group: tuple[int, ...]
    location: np.ndarray
    scale: float
    x: np.ndarray
    level: np.ndarray
    latent: np.ndarray
    """``D x n_data``: measured values are alike for all draws, believed ones are a draw's own."""
    agreement: Agreement | None = field(default=None, kw_only=True)
    factor: Tensor | None = field(default=None, kw_only=True)
    """Cholesky factors of the data's covariance where they are known already."""

    @cached_property
    def warp(self) -> Warp:
        """Return the warp of the outputs."""
        return Warp(float(power_of(self.hyperparameters.warp_logit[0])))

    def likeliest(self) -> Process:
        """Return the process at the most probable hyperparameters alone."""
        return replace(
            self,
            hyperparameters=self.hyperparameters.first(),
            weights=np.ones(1),
            latent=self.latent[:1],
            factor=self._factor[:1],
        )

    def to_latent(self, value: float, level: int = 0) -> float:
        """Return the latent value of a metric's value."""
        z = np.array([(value - self.location[level]) / self.scale])
        return float(self.warp.forward(z)[0])

    def from_latent(self, latent: np.ndarray) -> np.ndarray:
        """Return the metric's values, at the target, of latent ones."""
        return np.asarray(self.location[0] + self.scale * self.warp.inverse(latent))

    def moments(
        self, mean: np.ndarray, sd: np.ndarray, level: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the metric's mean and standard deviation of normal latent values."""
        center, spread = self.warp.moments(mean, sd)
        return self.location[level] + self.scale * center, self.scale * spread

    def noise_variance(self, level: int) -> float:
        """Return the expected variance of an observation's noise at a level, in squared units."""
        return self.scale**2 * float(self.weights @ self.noise()[:, level])

    def lengths(self) -> list[float]:
        """Return the length scales, one per parameter, in unit-cube widths: geometric means."""
        return [float(v) for v in np.exp(self.weights @ self.hyperparameters.log_length.numpy())]

    def correlation(self, level: int) -> float:
        """Return a cheap level's expected correlation with the target over the space."""
        if self.agreement is None:
            return 0.0
        return float(self.agreement.correlation[:, level - 1].mean())

    def mean(self, x: np.ndarray, level: int = 0) -> np.ndarray:
        """Return the latent posterior mean at rows ``n x n_columns``."""
        cross = self.prior(_rows(x, level), self._data)
        return np.asarray(self.weights @ (cross @ self._weighted)[..., 0].numpy())

    def mean_and_sd(self, x: np.ndarray, level: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return the latent posterior mean and standard deviation, noise-free."""
        seen = self.seen(x, level)
        return self.mixed(seen.means, seen.sds)

    def predictive(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the latent mean and standard deviation of a next observation at the target."""
        return self.next_observation(self.seen(x))

    def next_observation(self, seen: Seen) -> tuple[np.ndarray, np.ndarray]:
        """Return the latent mean and standard deviation of a next observation at seen rows."""
        noise = self._latent_noise(seen.means, seen.rows.level.numpy())
        return self.mixed(seen.means, np.sqrt(seen.sds**2 + noise))

    def mixed(self, means: np.ndarray, sds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the mixture's mean and standard deviation of the draws', ``D x n`` each."""
        mean = self.weights @ means
        return mean, np.sqrt(self.weights @ (sds**2 + (means - mean) ** 2))

    def seen(self, x: np.ndarray, level: int = 0) -> Seen:
        """Return rows ``n x n_columns`` at a level as the data show them."""
        rows = _rows(x, level)
        return self._shown(rows, self._whitened(self.prior(self._data, rows)))

    def caught_up(self, seen: Seen) -> Seen:
        """Return rows seen before the last values were believed, as they are seen now."""
        n = seen.half.shape[1]
        if n == len(self.x):
            return seen
        below, corner = self._factor[:, n:, :n], self._factor[:, n:, n:]
        new = Rows(self._data.x[n:], self._data.level[n:])
        rest = self.prior(new, seen.rows) - below @ seen.half
        more = torch.linalg.solve_triangular(corner, rest, upper=False)
        return self._shown(seen.rows, torch.cat([seen.half, more], dim=1))

    def between(self, a: Seen, b: Seen) -> np.ndarray:
        """Return the latent posterior covariance (``D x n x m``)."""
        return np.asarray((self.prior(a.rows, b.rows) - a.half.transpose(1, 2) @ b.half).numpy())

    def expected_variance(self, x: np.ndarray) -> float:
        """Return the expected variance of the target, noise-free and latent, between rows."""
        seen = self.seen(x)
        matrix = self.between(seen, seen)
        unknown = np.trace(matrix, axis1=1, axis2=2) / len(x) - matrix.mean(axis=(1, 2))
        return float(self.weights @ (seen.means.var(axis=1) + unknown))

    def share_revealed(self, target: Seen, seen: Seen) -> np.ndarray:
        """Return which share of the target's variance one observation removes.

        ``target`` and ``seen`` are the same rows at the target and at the level observed.
        """
        one = (Rows(rows.x[:1], rows.level[:1]) for rows in (target.rows, seen.rows))
        both = self.prior(*one)[:, 0] - (target.half * seen.half).sum(1)
        noise = self._latent_noise(seen.means, seen.rows.level.numpy())
        share = both.numpy() ** 2 / ((seen.sds**2 + noise) * target.sds**2)
        return np.asarray(self.weights @ np.clip(share, 0.0, 1.0))

    def believing(self, x: np.ndarray, level: int) -> Process:
        """Return the process after observations equal to its own means (kriging believer).

        The mean stays; the variance shrinks as the pending evaluations will shrink it.
        """
        seen = self.seen(x, level)
        levels = np.full(len(x), level)
        noise = torch.as_tensor(self._latent_noise(seen.means, levels))
        corner = factored(torch.as_tensor(self.between(seen, seen)) + torch.diag_embed(noise))
        above = torch.cat([self._factor, torch.zeros_like(seen.half)], dim=2)
        below = torch.cat([seen.half.transpose(1, 2), corner], dim=2)
        return replace(
            self,
            x=np.concatenate([self.x, x]),
            level=np.concatenate([self.level, levels]),
            latent=np.concatenate([self.latent, seen.means], axis=1),
            factor=torch.cat([above, below], dim=1),
        )

    def left_out(self) -> tuple[np.ndarray, np.ndarray]:
        """Return leave-one-out predictive means and standard deviations, noise included.

        Closed form: Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), eqs.
        5.10–5.12, with hyperparameters kept; in the metric's unit.
        """
        inverse = torch.cholesky_inverse(self._factor)
        precision = torch.diagonal(inverse, dim1=1, dim2=2)
        means = torch.as_tensor(self.latent) - self._weighted[..., 0] / precision
        mean, sd = self.mixed(means.numpy(), precision.rsqrt().numpy())
        return self.moments(mean, sd, self.level)

    def prior(self, a: Rows, b: Rows) -> Tensor:
        """Return the latent prior covariance (``D x n x m``) of noise-free values."""
        return covariance(self.hyperparameters, torch.as_tensor(self.group), a, b)

    def prior_variance(self, rows: Rows) -> Tensor:
        """Return the latent prior variance (``D x n``) of noise-free values."""
        return prior_variance(self.hyperparameters, rows.level)

    def noise(self) -> np.ndarray:
        """Return the variance of an observation's noise, standardised, ``D x n_levels``."""
        return np.asarray(torch.exp(self.hyperparameters.log_noise).numpy())

    def _shown(self, rows: Rows, half: Tensor) -> Seen:
        variance = self.prior_variance(rows) - (half**2).sum(1)
        return Seen(
            rows=rows,
            half=half,
            means=(self._whitened_latent.transpose(1, 2) @ half)[:, 0].numpy(),
            sds=variance.clamp_min(1e-12).sqrt().numpy(),
        )

    @cached_property
    def _data(self) -> Rows:
        return Rows(torch.as_tensor(self.x), torch.as_tensor(self.level))

    @cached_property
    def _factor(self) -> Tensor:
        if self.factor is not None:
            return self.factor
        noise = torch.as_tensor(self._latent_noise(self.latent, self.level))
        return factored(self.prior(self._data, self._data) + torch.diag_embed(noise))

    @cached_property
    def _whitened_latent(self) -> Tensor:
        """``D x n_data x 1``."""
        return self._whitened(torch.as_tensor(self.latent)[..., None])

    @cached_property
    def _weighted(self) -> Tensor:
        """The inverse covariance times the latent values, ``D x n_data x 1``."""
        upper = self._factor.transpose(1, 2)
        found: Tensor = torch.linalg.solve_triangular(upper, self._whitened_latent, upper=True)
        return found

    def _latent_noise(self, latent: np.ndarray, level: np.ndarray) -> np.ndarray:
        """Return the noise variance of observations as the warp stretches it, ``D x n``."""
        return np.asarray(self.noise()[:, level] * self.warp.slope(self.warp.inverse(latent)) ** 2)

    def _whitened(self, cross: Tensor) -> Tensor:
        half: Tensor = torch.linalg.solve_triangular(self._factor, cross, upper=False)
        return half


def _rows(x: np.ndarray, level: int) -> Rows:
    return Rows(torch.as_tensor(x), torch.full((len(x),), level))
