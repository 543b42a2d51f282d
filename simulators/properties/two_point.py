"""Two-point correlation along an axis: how likely two points some distance apart share a phase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulators.properties.compiled import Codes, Integers, kernel
from simulators.properties.line_sample import lines_along

_N_FINE_LAGS: Final = 16
_LAG_GROWTH: Final = 1.12


@dataclass(frozen=True)
class TwoPoint:
    """S₂ of one phase along one axis."""

    lag_m: NDArray[np.float64]
    probability: NDArray[np.float64]
    """Both points lie in the phase: the volume fraction φ at lag 0, φ² far away."""

    @property
    def correlation_length_m(self) -> float:
        """Return ∫ (S₂ − φ²)/(φ − φ²) dr up to its first zero."""
        fraction = self.probability[0]
        spread = fraction - fraction**2
        if spread <= 0:
            return 0.0
        normal = (self.probability - fraction**2) / spread
        below = np.flatnonzero(normal <= 0)
        stop = int(below[0]) + 1 if below.size else normal.size
        return float(np.trapezoid(np.maximum(normal[:stop], 0.0), self.lag_m[:stop]))


def two_point_correlation(
    labels: NDArray[np.uint8], axis: int, voxel_size_m: float, *, n_phases: int
) -> list[TwoPoint]:
    """Measure S₂ for phases 0 … n_phases − 1 up to half the image, closely at short lags."""
    lines = lines_along(labels, axis)
    lags = _lags(max(1, lines.shape[1] // 2))
    pairs = _count_pairs(lines, n_phases, lags)
    n_pairs = lines.shape[0] * (lines.shape[1] - lags)
    return [
        TwoPoint(lags.astype(np.float64) * voxel_size_m, pairs[phase] / n_pairs)
        for phase in range(n_phases)
    ]


def _lags(longest: int) -> NDArray[np.int64]:
    lags = [0]
    while lags[-1] < longest:
        step = 1 if lags[-1] < _N_FINE_LAGS else max(1, round(lags[-1] * (_LAG_GROWTH - 1)))
        lags.append(min(lags[-1] + step, longest))
    return np.array(lags, np.int64)


@kernel
def _count_pairs(lines: Codes, n_phases: int, lags: Integers) -> Integers:
    n_lines, n = lines.shape
    pairs = np.zeros((n_phases, lags.size), np.int64)
    for i in range(n_lines):
        line = lines[i]
        for k in range(lags.size):
            near, far = line[: n - lags[k]], line[lags[k] :]
            for phase in range(n_phases):
                both = np.int32(0)
                for x in range(near.size):
                    both += np.int32((near[x] == phase) & (far[x] == phase))
                pairs[phase, k] += both
    return pairs
