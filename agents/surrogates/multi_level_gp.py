"""A Gaussian process over all levels at once, with signed correlation between them.

Intrinsic coregionalisation (Bonilla, Chai & Williams, NeurIPS 2007): the covariance between level a
at x and level b at x' is S_ab k(x, x'), with k a Matérn-5/2 kernel. S comes from canonical partial
correlations (Joe, J. Multivariate Anal. 97, 2006), so that an anti-correlated level is information
too. A constant, common to all levels, and an offset per level are integrated out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

COMMON_MEAN_VARIANCE = 1.0
LEVEL_OFFSET_VARIANCE = 0.5
JITTER = 1e-8


@dataclass(frozen=True)
class Hyperparameters:
    """Natural logarithms, and ``atanh`` of partial correlations; outputs standardised."""

    log_length: Tensor
    """One per parameter, in unit-cube widths."""
    log_sd: Tensor
    """One per level."""
    correlation: Tensor
    """atanh of the canonical partial correlations, ``n_levels (n_levels - 1) / 2``, by rows."""
    log_noise: Tensor
    """Variance of an observation's noise, one per level."""


def level_correlation(partial: Tensor, n_levels: int) -> Tensor:
    """Return the correlation matrix of canonical partial correlations given as atanh."""
    rows: list[Tensor] = []
    one = torch.ones((), dtype=partial.dtype)
    zero = torch.zeros((), dtype=partial.dtype)
    p = torch.tanh(partial)
    k = 0
    for i in range(n_levels):
        row, rest = [], one
        for _ in range(i):
            row.append(p[k] * rest.sqrt())
            rest = rest * (1 - p[k] ** 2)
            k += 1
        row.append(rest.sqrt())
        rows.append(torch.stack(row + [zero] * (n_levels - i - 1)))
    factor = torch.stack(rows)
    return factor @ factor.T


class Rows(NamedTuple):
    """Encoded designs ``n x n_columns`` and the level of each."""

    x: Tensor
    level: Tensor


def covariance(h: Hyperparameters, group: Tensor, a: Rows, b: Rows) -> Tensor:
    """Return the prior covariance (``n x m``) of noise-free values at rows and levels."""
    scale = torch.exp(h.log_length)[group]
    distance = _distance(a.x / scale, b.x / scale) * math.sqrt(5.0)
    matern = (1 + distance + distance**2 / 3) * torch.exp(-distance)
    sd = torch.exp(h.log_sd)
    between = level_correlation(h.correlation, len(sd)) * sd[:, None] * sd[None, :]
    same = (a.level[:, None] == b.level[None, :]).to(a.x.dtype)
    offsets = COMMON_MEAN_VARIANCE + LEVEL_OFFSET_VARIANCE * same
    return between[a.level][:, b.level] * matern + offsets


def _distance(xa: Tensor, xb: Tensor) -> Tensor:
    squared = ((xa**2).sum(-1)[:, None] + (xb**2).sum(-1)[None, :] - 2.0 * xa @ xb.T).clamp_min(0.0)
    return torch.sqrt(squared + 1e-12)


@dataclass(frozen=True)
class MultiLevelGP:
    """A conditioned process: hyperparameters and data, in the metric's own unit outside.

    Values are standardised as ``(y - location[level]) / scale`` inside.
    """

    hyperparameters: Hyperparameters
    group: tuple[int, ...]
    location: np.ndarray
    scale: float
    x: np.ndarray
    level: np.ndarray
    y: np.ndarray

    @property
    def n_levels(self) -> int:
        """Return the number of levels."""
        return len(self.location)

    @cached_property
    def _factor(self) -> Tensor:
        noise = torch.exp(self.hyperparameters.log_noise)[torch.as_tensor(self.level)]
        matrix = self._prior(self.x, self.level, self.x, self.level)
        return _cholesky(matrix + torch.diag(noise))

    @cached_property
    def _standard_y(self) -> Tensor:
        return torch.as_tensor((self.y - self.location[self.level]) / self.scale)

    @cached_property
    def _weights(self) -> Tensor:
        return torch.cholesky_solve(self._standard_y[:, None], self._factor)[:, 0]

    def _prior(self, xa: np.ndarray, a: np.ndarray, xb: np.ndarray, b: np.ndarray) -> Tensor:
        return covariance(
            self.hyperparameters,
            torch.as_tensor(self.group),
            Rows(torch.as_tensor(xa), torch.as_tensor(a)),
            Rows(torch.as_tensor(xb), torch.as_tensor(b)),
        )

    def mean(self, x: np.ndarray, level: np.ndarray) -> np.ndarray:
        """Return the posterior mean at rows ``n x n_columns`` and their levels."""
        standard = (self._prior(x, level, self.x, self.level) @ self._weights).numpy()
        return np.asarray(self.location[level] + self.scale * standard)

    def mean_and_sd(self, x: np.ndarray, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the posterior mean and standard deviation of the noise-free values."""
        cross = self._prior(x, level, self.x, self.level)
        half = torch.linalg.solve_triangular(self._factor, cross.T, upper=False)
        sd = torch.exp(self.hyperparameters.log_sd)[torch.as_tensor(level)]
        prior = sd**2 + COMMON_MEAN_VARIANCE + LEVEL_OFFSET_VARIANCE
        variance = (prior - (half**2).sum(0)).clamp_min(1e-12)
        mean = self.location[level] + self.scale * (cross @ self._weights).numpy()
        return mean, self.scale * variance.sqrt().numpy()

    def covariance(
        self, xa: np.ndarray, a: np.ndarray, xb: np.ndarray, b: np.ndarray
    ) -> np.ndarray:
        """Return the posterior covariance (``n x m``) of noise-free values."""
        left = torch.linalg.solve_triangular(
            self._factor, self._prior(self.x, self.level, xa, a), upper=False
        )
        right = torch.linalg.solve_triangular(
            self._factor, self._prior(self.x, self.level, xb, b), upper=False
        )
        posterior = self._prior(xa, a, xb, b) - left.T @ right
        return np.asarray(self.scale**2 * posterior.numpy())

    def share_revealed(self, x: np.ndarray, level: int) -> np.ndarray:
        """Return which share of the target's variance at rows an observation at a level removes."""
        at_level = np.full(len(x), level)
        at_target = np.zeros(len(x), int)
        prior = [self._prior(self.x, self.level, x, at) for at in (at_target, at_level)]
        halves = [torch.linalg.solve_triangular(self._factor, p, upper=False) for p in prior]
        sd = torch.exp(self.hyperparameters.log_sd)
        constant = COMMON_MEAN_VARIANCE + LEVEL_OFFSET_VARIANCE
        target = sd[0] ** 2 + constant - (halves[0] ** 2).sum(0)
        own = sd[level] ** 2 + constant - (halves[1] ** 2).sum(0)
        between = sd[0] * sd[level] * torch.as_tensor(self.level_correlations()[0, level])
        both = between + COMMON_MEAN_VARIANCE + (LEVEL_OFFSET_VARIANCE if level == 0 else 0.0)
        both = both - (halves[0] * halves[1]).sum(0)
        noise = math.exp(float(self.hyperparameters.log_noise[level]))
        share = both**2 / ((own + noise) * target.clamp_min(1e-12))
        return np.asarray(share.clamp(0.0, 1.0).numpy())

    def lengths(self) -> list[float]:
        """Return the length scales, one per parameter, in unit-cube widths."""
        return [float(value) for value in torch.exp(self.hyperparameters.log_length)]

    def noise_variance(self, level: int) -> float:
        """Return the variance of an observation's noise at a level."""
        return self.scale**2 * math.exp(float(self.hyperparameters.log_noise[level]))

    def level_correlations(self) -> np.ndarray:
        """Return the correlation matrix between levels."""
        return level_correlation(self.hyperparameters.correlation, self.n_levels).numpy()

    def believing(self, x: np.ndarray, level: np.ndarray) -> MultiLevelGP:
        """Return the process after observations equal to its own means (kriging believer).

        The mean stays; the variance shrinks as the pending evaluations will shrink it.
        """
        return MultiLevelGP(
            hyperparameters=self.hyperparameters,
            group=self.group,
            location=self.location,
            scale=self.scale,
            x=np.concatenate([self.x, x]),
            level=np.concatenate([self.level, level]),
            y=np.concatenate([self.y, self.mean(x, level)]),
        )

    def left_out(self) -> tuple[np.ndarray, np.ndarray]:
        """Return leave-one-out predictive means and standard deviations, noise included.

        Closed form: Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), eqs.
        5.10–5.12, with hyperparameters kept.
        """
        inverse = torch.cholesky_inverse(self._factor)
        precision = torch.diagonal(inverse)
        mean = self._standard_y - self._weights / precision
        sd = precision.rsqrt()
        return (
            self.location[self.level] + self.scale * mean.numpy(),
            self.scale * sd.numpy(),
        )


def _cholesky(matrix: Tensor) -> Tensor:
    """Factor a covariance, adding as little jitter as it takes."""
    eye = torch.eye(len(matrix), dtype=matrix.dtype)
    jitter = JITTER
    while True:
        factor: Tensor
        factor, failed = torch.linalg.cholesky_ex(matrix + jitter * eye)
        if not bool(failed):
            return factor
        jitter *= 10.0
        if jitter > 1.0:
            raise ArithmeticError("a covariance matrix is not positive definite")
