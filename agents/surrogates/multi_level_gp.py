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
    """Draws of them (``D`` in every shape), in natural logarithms but for the slopes.

    For standardised outputs.
    """

    log_length: Tensor
    """``D x n_groups``, one per parameter, in unit-cube widths."""
    log_sd: Tensor
    """Of the target, ``D``."""
    slope: Tensor
    """a_ℓ of each cheap level, ``D x (n_levels - 1)``."""
    log_own_sd: Tensor
    """Of each cheap level's own part δ, ``D x (n_levels - 1)``."""
    log_own_length: Tensor
    """Length scale of each cheap level's own part, all parameters alike, ``D x (n_levels - 1)``."""
    log_noise: Tensor
    """Variance of an observation's noise, before the warp, ``D x n_levels``."""
    warp_logit: Tensor
    """``D``; see ``warp.power_of``."""

    def first(self) -> Hyperparameters:
        """Return the first draw alone."""
        return Hyperparameters(**{name: value[:1] for name, value in vars(self).items()})


def covariance(h: Hyperparameters, group: Tensor, a: Rows, b: Rows) -> Tensor:
    """Return the prior covariance (``D x n x m``) of noise-free values at rows and levels."""
    amplitude = _amplitude(h)
    total = _matern(a.x, b.x, torch.exp(h.log_length)[:, None, group])
    total = total * amplitude[:, a.level, None] * amplitude[:, None, b.level]
    same = (a.level[:, None] == b.level[None, :]).to(a.x.dtype)
    total = total + (COMMON_MEAN_VARIANCE + LEVEL_OFFSET_VARIANCE * same)
    for k in range(h.slope.shape[-1]):
        in_a, in_b = torch.nonzero(a.level == k + 1)[:, 0], torch.nonzero(b.level == k + 1)[:, 0]
        if len(in_a) and len(in_b):
            own = _matern(a.x[in_a], b.x[in_b], torch.exp(h.log_own_length[:, k, None, None]))
            own = torch.exp(2 * h.log_own_sd[:, k, None, None]) * own
            total = _added(total, own, in_a, in_b)
    return total


def prior_variance(h: Hyperparameters, level: Tensor) -> Tensor:
    """Return the prior variance (``D x n``) at levels."""
    own = torch.cat([torch.zeros_like(h.log_sd)[:, None], torch.exp(2 * h.log_own_sd)], dim=1)
    return (_amplitude(h) ** 2 + own)[:, level] + COMMON_MEAN_VARIANCE + LEVEL_OFFSET_VARIANCE


def factored(matrix: Tensor, least: Tensor | float = JITTER) -> Tensor:
    """Return Cholesky factors (``D x n x n``), adding as little jitter as it takes, from ``least``.

    ``least`` is a number, or one for each draw (``D x 1 x 1``). Raises ``ArithmeticError`` where no
    reasonable jitter helps.
    """
    eye = torch.eye(matrix.shape[-1], dtype=matrix.dtype)
    jitter = torch.as_tensor(least, dtype=matrix.dtype)
    factor: Tensor
    while float(jitter.max()) < 1.0:
        factor, failed = torch.linalg.cholesky_ex(matrix + jitter * eye)
        if not bool(failed.any()):
            return factor
        jitter = 10.0 * jitter
    raise ArithmeticError("a covariance matrix is not positive definite")


def _amplitude(h: Hyperparameters) -> Tensor:
    one = torch.ones_like(h.log_sd)[:, None]
    return torch.cat([one, h.slope], dim=1) * torch.exp(h.log_sd)[:, None]


def _added(total: Tensor, own: Tensor, in_a: Tensor, in_b: Tensor) -> Tensor:
    """Return ``total`` with a block of its rows and columns increased."""
    if own.shape == total.shape:
        return total + own
    flat = (in_a[:, None] * total.shape[-1] + in_b[None, :]).reshape(-1)
    summed = total.reshape(len(total), -1).index_add(1, flat, own.reshape(len(own), -1))
    return summed.reshape(total.shape)


def _matern(xa: Tensor, xb: Tensor, length: Tensor) -> Tensor:
    """Return Matérn-5/2 correlations ``D x n x m``; ``length`` is ``D x 1 x n_columns`` or 1."""
    xa, xb = xa / length, xb / length
    squared = (xa**2).sum(-1)[:, :, None] + (xb**2).sum(-1)[:, None, :]
    squared = torch.baddbmm(squared, xa, xb.transpose(1, 2), alpha=-2.0)
    squared = 5.0 * squared.clamp_min(0.0) + 1e-12
    distance = torch.sqrt(squared)
    return (1 + distance + squared / 3) * torch.exp(-distance)
