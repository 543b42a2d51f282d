"""A Gaussian process over all levels at once, with signed correlation between them.

Intrinsic coregionalisation (Bonilla, Chai & Williams, NeurIPS 2007): the covariance between level a
at x and level b at x' is S_ab k(x, x'), with k a Matérn-5/2 kernel. S comes from canonical partial
correlations (Joe, J. Multivariate Anal. 97, 2006), so that an anti-correlated level is information
too. A constant, common to all levels, and an offset per level are integrated out.
"""

from __future__ import annotations

import math
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
    """Natural logarithms, and ``atanh`` of partial correlations; for standardised outputs."""

    log_length: Tensor
    """One per parameter, in unit-cube widths."""
    log_sd: Tensor
    """One per level."""
    correlation: Tensor
    """atanh of the canonical partial correlations, ``n_levels (n_levels - 1) / 2``, by rows."""
    log_noise: Tensor
    """Variance of an observation's noise, one per level, before the warp."""
    warp_logit: Tensor
    """A scalar; see ``warp.power_of``."""


def level_correlation(partial: Tensor, n_levels: int) -> Tensor:
    """Return the correlation matrix of canonical partial correlations given as atanh."""
    one = torch.ones((), dtype=partial.dtype)
    p = torch.tanh(partial)
    if n_levels == 1:
        return one[None, None]
    if n_levels == 2:
        return torch.stack([one, p[0], p[0], one]).reshape(2, 2)
    rows: list[Tensor] = []
    zero = torch.zeros((), dtype=partial.dtype)
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


def prior_variance(h: Hyperparameters, level: Tensor) -> Tensor:
    """Return the prior variance (``n``) at levels."""
    return torch.exp(2 * h.log_sd)[level] + COMMON_MEAN_VARIANCE + LEVEL_OFFSET_VARIANCE


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


def _distance(xa: Tensor, xb: Tensor) -> Tensor:
    squared = (xa**2).sum(-1)[:, None] + (xb**2).sum(-1)[None, :] - 2.0 * xa @ xb.T
    return torch.sqrt(squared.clamp_min(0.0) + 1e-12)
