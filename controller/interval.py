"""How far a measured value may lie from the truth: 95% intervals from the pooled scatter.

The scatter between random structures is pooled over all designs of a level (one-way analysis of
variance, within-group mean square; Box, Hunter & Hunter 2005, Statistics for Experimenters, ch. 4),
because two volumes alone say little. That scatter is of generated boxes: an image is another
structure in a volume of another size, so it never borrows it, and its interval stays unknown until
the image tells its own. Mesh and discretisation errors are bias and stay out of it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from experiments.observation import Observation

CONFIDENCE: Final = 0.95


@dataclass(frozen=True)
class Scatter:
    """Standard deviation between single random volumes, with its degrees of freedom."""

    sd: float
    degrees: int

    def half_width(self, n_volumes: int, *, confidence: float = CONFIDENCE) -> float:
        """Return half the interval of a mean over ``n_volumes`` (Student's t)."""
        from scipy.special import stdtrit

        quantile = float(stdtrit(self.degrees, 0.5 + confidence / 2))
        return quantile * self.sd / math.sqrt(n_volumes)


@dataclass(frozen=True)
class Interval:
    """A value and, where the scatter is known, its bounds."""

    value: float
    low: float | None = None
    high: float | None = None


def pooled_scatter(
    observations: Iterable[Observation], metric: str, fidelity: str
) -> Scatter | None:
    """Return the scatter of a metric at a level, or None without repeated volumes."""
    squares, degrees = 0.0, 0
    for observation in observations:
        found = observation.metrics.get(metric)
        if found is None or observation.job.fidelity != fidelity or len(found.samples) < 2:
            continue
        squares += statistics.variance(found.samples) * (len(found.samples) - 1)
        degrees += len(found.samples) - 1
    return Scatter(math.sqrt(squares / degrees), degrees) if degrees else None


def measured(observation: Observation, metric: str, scatter: Scatter | None) -> Interval | None:
    """Return an observation's value with its interval, or None where it has no value."""
    value = observation.value(metric)
    if value is None:
        return None
    if scatter is None or observation.is_of_an_image:
        return Interval(value)
    half = scatter.half_width(max(1, len(observation.metrics[metric].samples)))
    return Interval(value, value - half, value + half)


def difference(
    first: Observation, second: Observation, metric: str, scatter: Scatter | None
) -> Interval | None:
    """Return first − second with its interval, both at the same level."""
    a, b = first.value(metric), second.value(metric)
    if a is None or b is None:
        return None
    if scatter is None or first.is_of_an_image or second.is_of_an_image:
        return Interval(a - b)
    n_a, n_b = (max(1, len(one.metrics[metric].samples)) for one in (first, second))
    half = scatter.half_width(1) * math.sqrt(1 / n_a + 1 / n_b)
    return Interval(a - b, a - b - half, a - b + half)
