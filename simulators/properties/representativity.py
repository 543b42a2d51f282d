"""How many volumes of what size: scatter and bias against volume, and runs until it is enough.

Scatter between random volumes follows Var = a·V^−α and the mean approaches its limit with the
surface-to-volume ratio of the box (Kanit et al. 2003, Int. J. Solids Struct. 40, 3647, use the same
two laws; α = 1 where correlations are short, Lantuéjoul 1991). Both are fitted to volumes of
several sizes; the interval for n volumes is Student's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats

from experiments.errors import Invalid
from simulators.microstructure.voxels import Voxels

DEFAULT_TARGET: Final = 0.01
"""Half width of the 95% interval over the mean."""

NORMAL_95: Final = 1.959964

_EXPONENT_PRIOR: Final = (1.0, 0.15)
"""Mean and standard deviation of α before any data: 1 for short correlations (Lantuéjoul 1991);
the spread is assumed and lets clear data speak."""


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
        return float(np.sqrt(self.variance_at_one) * float(edge) ** (-1.5 * self.exponent))

    def relative_bias(self, edge: float) -> float:
        """Return how much the mean of such cubes lies above the limit, over the limit."""
        return self.bias_voxels / edge


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
class VolumePlan:
    """What a wanted interval costs with cubes of one size."""

    edge: int
    n_volumes: int
    n_voxels: int
    """In all volumes together: what is paid."""
    relative_bias: float
    """Stays however many volumes are run."""


@dataclass(frozen=True)
class RepresentativeMean:
    """Mean over volumes with its interval; ``samples`` goes on the observation as its noise."""

    mean: float
    half_width_95: float
    samples: tuple[float, ...]
    is_reached: bool
    """The interval is within the target."""


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


def plan_volumes(
    law: SizeLaw,
    edges: Sequence[int],
    *,
    target: float = DEFAULT_TARGET,
    max_bias: float | None = None,
) -> list[VolumePlan]:
    """Return what a relative half width costs per size, cheapest first.

    Sizes whose bias exceeds ``max_bias`` (default: half the target) come last: no number of them
    gives the wanted accuracy.
    """
    _check_target(target)
    allowed = 0.5 * target if max_bias is None else max_bias
    plans = [
        VolumePlan(edge, n, n * edge**3, law.relative_bias(edge))
        for edge in edges
        for n in (n_volumes_for(law.relative_sd(edge), target),)
    ]
    return sorted(plans, key=lambda plan: (abs(plan.relative_bias) > allowed, plan.n_voxels))


def n_volumes_for(relative_sd: float, target: float = DEFAULT_TARGET) -> int:
    """Return how many volumes bring Student's 95% half width under the target; 2 at least."""
    _check_target(target)
    n = 2
    while stats.t.ppf(0.975, n - 1) * relative_sd / np.sqrt(n) > target:
        n = max(n + 1, int(0.9 * (1.96 * relative_sd / target) ** 2))
    while n > 2 and stats.t.ppf(0.975, n - 2) * relative_sd / np.sqrt(n - 1) <= target:
        n -= 1
    return n


def interval(samples: Sequence[float], law: SizeLaw | None = None, edge: int = 0) -> float:
    """Return half of the 95% interval of the samples' mean.

    With fewer than three samples the scatter is the law's at that edge. Raises ``Invalid`` where
    there are too few samples and no law.
    """
    n = len(samples)
    if n >= 3:
        return float(stats.t.ppf(0.975, n - 1) * np.std(samples, ddof=1) / np.sqrt(n))
    if law is None or n == 0:
        raise Invalid(f"{n} volumes and no size law: their scatter is unknown; run three")
    return float(NORMAL_95 * law.relative_sd(edge) * abs(np.mean(samples)) / np.sqrt(n))


def run_until_representative(
    measure: Callable[[int], Mapping[str, float]],
    *,
    target: float = DEFAULT_TARGET,
    max_volumes: int = 64,
    min_volumes: int = 4,
    progress: Callable[[str], None] | None = None,
) -> dict[str, RepresentativeMean]:
    """Measure volumes 0, 1, 2, … until every property's 95% interval is within the target.

    Stopping at the first narrow interval favours lucky runs; the least number of volumes keeps
    that small (coverage is tested). What more would buy is said now and then through ``progress``.
    """
    _check_target(target)
    if not 3 <= min_volumes <= max_volumes:
        raise Invalid(f"min_volumes {min_volumes} must lie within 3 and max_volumes {max_volumes}")
    samples: dict[str, list[float]] = {}
    said_at = 0.0
    for i in range(max_volumes):
        for name, value in measure(i).items():
            samples.setdefault(name, []).append(float(value))
        if i + 1 < min_volumes:
            continue
        widths = {name: interval(v) / abs(float(np.mean(v))) for name, v in samples.items()}
        worst = max(widths, key=widths.__getitem__)
        if widths[worst] <= target:
            break
        if progress and i + 1 >= said_at:
            said_at = 1.5 * (i + 1)
            sd = float(np.std(samples[worst], ddof=1) / abs(np.mean(samples[worst])))
            needed = n_volumes_for(sd, target)
            progress(
                f"{i + 1} volumes: {worst.replace('_', ' ')} known to ±{widths[worst]:.1%}; about "
                f"{needed} for ±{target:.1%}"
            )
    return {
        name: RepresentativeMean(
            mean=float(np.mean(values)),
            half_width_95=interval(values),
            samples=tuple(values),
            is_reached=interval(values) <= target * abs(float(np.mean(values))),
        )
        for name, values in samples.items()
    }


def subvolumes(voxels: Voxels, edge: int) -> list[Voxels]:
    """Cut an image into as many cubes of that edge as fit side by side, centred."""
    n_fit = [n // edge for n in voxels.labels.shape]
    if min(n_fit) < 1:
        raise Invalid(f"cubes of {edge} voxels do not fit into {voxels.labels.shape}")
    start = [(n - fit * edge) // 2 for n, fit in zip(voxels.labels.shape, n_fit, strict=True)]
    return [
        Voxels(
            labels=np.ascontiguousarray(
                voxels.labels[
                    tuple(
                        slice(s + i * edge, s + (i + 1) * edge)
                        for s, i in zip(start, index, strict=True)
                    )
                ]
            ),
            voxel_size_m=voxels.voxel_size_m,
        )
        for index in np.ndindex(*n_fit)
    ]


def _check_target(target: float) -> None:
    if not 0 < target < 1:
        raise Invalid(f"target {target:g}: a relative half width lies between 0 and 1")
