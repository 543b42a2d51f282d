"""A Gaussian process over all levels at once, in which a cheap level may agree, err or lie.

The target is a process g. A cheap level ℓ is a_ℓ g + δ_ℓ: a_ℓ has either sign, so that an
anti-correlated level is information too, and δ_ℓ has a length scale of its own, so that a level
unlike the target does not bend the target's. (A linear model of coregionalisation; Alvarez, Rosasco
& Lawrence, Found. Trends Mach. Learn. 4, 2012, section 4.2.) All kernels are Matérn-5/2. A constant
common to all levels and an offset per level are integrated out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

COMMON_MEAN_VARIANCE = 1.0
LEVEL_OFFSET_VARIANCE = 0.5
JITTER = 1e-8


class Rows(NamedTuple):
    """Encoded designs ``n x n_columns`` and the level of each."""

    x: Tensor
    level: Tensor


@dataclass(frozen=True)
class Hyperparameters:
    """In natural logarithms but for the slopes; for standardised outputs."""

    log_length: Tensor
    """One per parameter, in unit-cube widths."""
    log_sd: Tensor
    """Of the target, a scalar."""
    slope: Tensor
    """a_ℓ of each cheap level, ``n_levels - 1``."""
    log_own_sd: Tensor
    """Of each cheap level's own part δ, ``n_levels - 1``."""
    log_own_length: Tensor
    """Length scale of each cheap level's own part, all parameters alike, ``n_levels - 1``."""
    log_noise: Tensor
    """Variance of an observation's noise, one per level, before the warp."""
    warp_logit: Tensor
    """A scalar; see ``warp.power_of``."""


def covariance(h: Hyperparameters, group: Tensor, a: Rows, b: Rows) -> Tensor:
    """Return the prior covariance (``n x m``) of noise-free values at rows and levels."""
    amplitude = _amplitude(h)
    shared = _matern(a.x, b.x, torch.exp(h.log_length)[group])
    same = (a.level[:, None] == b.level[None, :]).to(a.x.dtype)
    total = amplitude[a.level][:, None] * amplitude[b.level][None, :] * shared
    total = total + COMMON_MEAN_VARIANCE + LEVEL_OFFSET_VARIANCE * same
    for k in range(len(h.slope)):
        in_a, in_b = (a.level == k + 1).to(a.x.dtype), (b.level == k + 1).to(a.x.dtype)
        if bool(in_a.any()) and bool(in_b.any()):
            own = _matern(a.x, b.x, torch.exp(h.log_own_length[k]))
            both = in_a[:, None] * in_b[None, :]
            total = total + torch.exp(2 * h.log_own_sd[k]) * both * own
    return total


def prior_variance(h: Hyperparameters, level: Tensor) -> Tensor:
    """Return the prior variance (``n``) at levels."""
    own = torch.cat([torch.zeros(1, dtype=h.slope.dtype), torch.exp(2 * h.log_own_sd)])
    return (_amplitude(h) ** 2 + own)[level] + COMMON_MEAN_VARIANCE + LEVEL_OFFSET_VARIANCE


def _amplitude(h: Hyperparameters) -> Tensor:
    return torch.cat([torch.ones(1, dtype=h.slope.dtype), h.slope]) * torch.exp(h.log_sd)


def factored(matrix: Tensor) -> Tensor:
    """Return a Cholesky factor, adding as little jitter as it takes.

    Raises ``ArithmeticError`` where no reasonable jitter helps.
    """
    eye = torch.eye(len(matrix), dtype=matrix.dtype)
    jitter = JITTER
    factor: Tensor
    while jitter < 1.0:
        factor, failed = torch.linalg.cholesky_ex(matrix + jitter * eye)
        if not bool(failed):
            return factor
        jitter *= 10.0
    raise ArithmeticError("a covariance matrix is not positive definite")


def _matern(xa: Tensor, xb: Tensor, length: Tensor) -> Tensor:
    xa, xb = xa / length, xb / length
    squared = (xa**2).sum(-1)[:, None] + (xb**2).sum(-1)[None, :] - 2.0 * xa @ xb.T
    distance = torch.sqrt(5.0 * squared.clamp_min(0.0) + 1e-12)
    return (1 + distance + distance**2 / 3) * torch.exp(-distance)
