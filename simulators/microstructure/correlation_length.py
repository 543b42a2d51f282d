"""How far a phase remembers itself: the two-point correlation length along each axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

_LEVEL: Final = float(np.exp(-1.0))


def correlation_lengths_m(
    mask: npt.NDArray[np.bool_], voxel_size_m: Sequence[float]
) -> tuple[float, float, float]:
    """Return, per axis, where the normalised two-point autocovariance falls to 1/e.

    The mask is `z x y x x`; pairs are taken within the volume only, so nothing wraps around. An
    axis along which it does not fall that far within half the volume gives half its length.
    """
    fluctuation = mask.astype(np.float32) - np.float32(mask.mean())
    variance = float(np.mean(fluctuation**2))
    lengths = [
        _length(fluctuation, axis, variance) * voxel_size_m[axis] if variance > 0.0 else 0.0
        for axis in range(3)
    ]
    return lengths[0], lengths[1], lengths[2]


def _length(fluctuation: npt.NDArray[np.float32], axis: int, variance: float) -> float:
    """Return the length in voxels, interpolated between whole lags."""
    turned = np.moveaxis(fluctuation, axis, 0)
    n: int = turned.shape[0]
    before = 1.0
    for lag in range(1, n // 2):
        here = float(np.mean(turned[lag:] * turned[:-lag])) / variance
        if here < _LEVEL:
            return float(lag - 1 + (before - _LEVEL) / (before - here))
        before = here
    return n / 2
