"""Two sets of volumes of one label: how far their means lie apart, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from pydantic import Field
from scipy import stats

from experiments.frozen import Frozen
from simulators.microstructure.generative.metrics import Measured

BARS: Final = {"fraction": 0.03, "area_per_m": 0.05, "tortuosity": 0.05}
"""Largest relative difference of means by what a quantity's name holds."""
VARIANCE_RATIO: Final = (0.5, 2.0)
_CERTAIN: Final = 0.95


class Compared(Frozen):
    """One quantity at one label."""

    quantity: str
    real: float | None
    generated: float | None
    """Means of the values that are defined; None where there are none."""
    difference: float | None
    """Generated mean over real mean, less one; None with low and high where either kind has fewer
    than two values."""
    low: float | None
    high: float | None
    """95% interval of the difference (Welch, real mean as the unit)."""
    variance_ratio: float | None
    """Generated over real; None where the real ones do not vary."""
    n_real: int = Field(ge=0)
    n_generated: int = Field(ge=0)
    """Volumes that have a value: a tortuosity is not defined where nothing percolates."""
    undefined_p: float = 1.0
    """How likely chance makes the shares of undefined values so different (Fisher's exact)."""
    bar: float | None

    @property
    def is_within(self) -> bool | None:
        """Say whether the whole interval lies within the bar; None where that cannot be asked.

        A different share of undefined values is a miss, whatever the defined ones say.
        """
        if self.bar is None:
            return None
        if self.undefined_p < 1.0 - _CERTAIN:
            return False
        if self.low is None or self.high is None:
            return None
        return -self.bar <= self.low and self.high <= self.bar

    @property
    def is_as_varied(self) -> bool | None:
        """Say whether the variance ratio lies within its bar; None where it is not defined."""
        low, high = VARIANCE_RATIO
        return None if self.variance_ratio is None else low <= self.variance_ratio <= high


def compare(real: Sequence[Measured], generated: Sequence[Measured]) -> list[Compared]:
    """Return every quantity; means are those of defined values, and undefined ones are compared."""
    return [_compared(name, real, generated) for name in real[0]]


def _compared(name: str, real: Sequence[Measured], generated: Sequence[Measured]) -> Compared:
    a, b = (
        np.array([value for one in volumes if (value := one[name]) is not None])
        for volumes in (real, generated)
    )
    bar = next((bar for part, bar in BARS.items() if part in name), None)
    counts = [[len(a), len(real) - len(a)], [len(b), len(generated) - len(b)]]
    undefined_p = min(float(stats.fisher_exact(counts).pvalue), 1.0)
    if len(a) < 2 or len(b) < 2:
        return Compared(
            quantity=name,
            real=float(a.mean()) if len(a) else None,
            generated=float(b.mean()) if len(b) else None,
            difference=None,
            low=None,
            high=None,
            variance_ratio=None,
            n_real=len(a),
            n_generated=len(b),
            undefined_p=undefined_p,
            bar=bar,
        )
    mean = float(a.mean())
    spread = float(a.var(ddof=1)), float(b.var(ddof=1))
    error = math.sqrt(spread[0] / len(a) + spread[1] / len(b))
    freedom = _freedom(spread, (len(a), len(b)))
    reach = float(stats.t.ppf(0.5 + _CERTAIN / 2.0, freedom)) * error / abs(mean)
    difference = float(b.mean()) / mean - 1.0
    varies = spread[0] > (1e-6 * mean) ** 2
    return Compared(
        quantity=name,
        real=mean,
        generated=float(b.mean()),
        difference=difference,
        low=difference - reach,
        high=difference + reach,
        variance_ratio=spread[1] / spread[0] if varies else None,
        n_real=len(a),
        n_generated=len(b),
        undefined_p=undefined_p,
        bar=bar,
    )


def _freedom(spread: tuple[float, float], n: tuple[int, int]) -> float:
    """Return Welch's degrees of freedom."""
    parts = [s / k for s, k in zip(spread, n, strict=True)]
    if sum(parts) == 0.0:
        return float(sum(n) - 2)
    below = sum(part**2 / (k - 1) for part, k in zip(parts, n, strict=True))
    return sum(parts) ** 2 / below
