"""How a property's mean and scatter change with the box: two laws, fitted to several sizes.

Scatter between random volumes follows Var = a·V^−α and the mean approaches its limit with the
surface-to-volume ratio of the box (Kanit et al. 2003, Int. J. Solids Struct. 40, 3647, use the same
two laws; α = 1 where correlations are short, Lantuéjoul 1991).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.errors import Invalid

_EXPONENT_PRIOR: Final = (1.0, 0.15)
"""Mean and standard deviation of α before any data: 1 for short correlations (Lantuéjoul 1991);
the spread is assumed and lets clear data speak."""


@dataclass(frozen=True)
class VarianceLaw:
    """How a property scatters with the box, in voxels: ``variance_at_one``·(voxels)^−``exponent``.

    The variance is relative to the square of the mean.
    """

    variance_at_one: float
    exponent: float

    def relative_sd(self, edge: float) -> float:
        """Return the scatter of single cubic volumes over their mean."""
        return float(np.sqrt(self.variance_at_one) * float(edge) ** (-1.5 * self.exponent))


@dataclass(frozen=True)
class SizeLaw:
    """How a property's mean and scatter depend on the box, in voxels."""

    limit: float
    """Estimated mean of an infinite box."""
    limit_sd: float
    bias_voxels: float
    """mean(edge) = limit·(1 + bias_voxels/edge)."""
    bias_sd_voxels: float
    variance_at_one: float
    """Relative variance is ``variance_at_one``·(voxels)^−``exponent``."""
    exponent: float

    def relative_sd(self, edge: float) -> float:
        """Return the scatter of single cubic volumes over the limit."""
        return VarianceLaw(self.variance_at_one, self.exponent).relative_sd(edge)

    def relative_bias(self, edge: float) -> float:
        """Return how much the mean of such cubes lies above the limit, over the limit."""
        return self.bias_voxels / edge


def fit_size_law(samples: Mapping[int, Sequence[float]]) -> SizeLaw:
    """Fit both laws to values by edge length in voxels.

    Raises ``Invalid`` with fewer than two sizes, or fewer than three values of any size.
    """
    sizes = sorted(samples)
    if len(sizes) < 2 or min(len(samples[edge]) for edge in sizes) < 3:
        raise Invalid("a size law needs at least two sizes with three volumes each")
    edges = np.array(sizes, dtype=np.float64)
    number = np.array([len(samples[edge]) for edge in sizes])
    mean = np.array([np.mean(samples[edge]) for edge in sizes])
    variance = np.array([np.var(samples[edge], ddof=1) for edge in sizes])
    scale = float(mean[-1])
    if scale == 0 or not np.isfinite(mean).all():
        raise Invalid("a size law needs finite values whose mean is not 0")
    variance_at_one, exponent = _fit_variance(edges, variance / scale**2, number)
    sd_of_mean = np.sqrt(variance_at_one * edges ** (-3 * exponent) / number) * abs(scale)
    design = np.stack([np.ones(edges.size), 1 / edges], axis=1)
    precision = design.T / np.maximum(sd_of_mean, 1e-12 * abs(scale)) ** 2
    covariance = np.linalg.inv(precision @ design)
    limit, slope = covariance @ (precision @ mean)
    return SizeLaw(
        limit=float(limit),
        limit_sd=float(np.sqrt(covariance[0, 0])),
        bias_voxels=float(slope / limit),
        bias_sd_voxels=float(np.sqrt(covariance[1, 1]) / abs(limit)),
        variance_at_one=variance_at_one,
        exponent=exponent,
    )


def fit_variance_law(samples: Mapping[int, Sequence[float]]) -> VarianceLaw:
    """Fit the law of the variance alone, to values by edge length in voxels; one size is enough.

    Raises ``Invalid`` for fewer than three values of any size, and where the mean is 0.
    """
    sizes = sorted(samples)
    if not sizes or min(len(samples[edge]) for edge in sizes) < 3:
        raise Invalid("a law of the variance needs three volumes of every size")
    edges = np.array(sizes, dtype=np.float64)
    number = np.array([len(samples[edge]) for edge in sizes])
    scale = float(np.mean(samples[sizes[-1]]))
    if scale == 0 or not np.isfinite(scale):
        raise Invalid("a law of the variance needs finite values whose mean is not 0")
    variance = np.array([np.var(samples[edge], ddof=1) for edge in sizes])
    return VarianceLaw(*_fit_variance(edges, variance / scale**2, number))


def _fit_variance(
    edges: np.ndarray, variance: np.ndarray, number: np.ndarray
) -> tuple[float, float]:
    """Return relative variance at one voxel, and α, by weighted least squares on logarithms.

    ln s² of n normal values scatters by 2/(n − 1); the prior on α counts as one more value.
    """
    weight = (number - 1) / 2
    log_voxels = 3 * np.log(edges)
    log_variance = np.log(np.maximum(variance, 1e-30)) - _log_bias(number)
    prior, prior_sd = _EXPONENT_PRIOR
    centre = np.average(log_voxels, weights=weight)
    middle = np.average(log_variance, weights=weight)
    spread = np.sum(weight * (log_voxels - centre) ** 2)
    slope = np.sum(weight * (log_voxels - centre) * (log_variance - middle))
    exponent = (prior / prior_sd**2 - slope) / (1 / prior_sd**2 + spread)
    return float(np.exp(middle + exponent * centre)), float(exponent)


def _log_bias(number: np.ndarray) -> np.ndarray:
    """Return E[ln(s²/σ²)] of n normal values: the logarithm of a sample variance is too low."""
    from scipy.special import digamma

    half = (number - 1) / 2
    return digamma(half) - np.log(half)  # type: ignore[no-any-return]
