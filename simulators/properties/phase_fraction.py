"""How well one image knows its phase fractions: their uncertainty from the image itself.

The variance of a fraction over a window is the covariance of the indicator summed over all lags in
the window (Matheron 1971; Lantuéjoul 1991, integral range). The covariance about the image's own
mean is too low by just that variance, which is solved for. The sum stops at the smallest range
that is several correlation lengths of what it has summed (self-consistent window; Sokal 1997).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

_WINDOW_LENGTHS: Final = 3.0
"""Range of the sum in correlation radii. Measured over windows 10 to 32 correlation lengths wide:
with 3 the estimate is 1.04 to 1.09 of the true deviation on Gaussian fields and 0.87 on overlapping
balls, and scatters by 8 to 23%; with 6 it scatters by up to 37%."""

_COARSE_EDGE: Final = 48
"""The indicator is averaged over blocks until no edge is longer; block averages keep the sum."""

NORMAL_95: Final = 1.959964


@dataclass(frozen=True)
class FractionUncertainty:
    """A phase's fraction with the scatter between random images of this size."""

    fraction: float
    standard_deviation: float
    integral_range_m3: float
    """Volume that counts as one independent sample: variance of a large volume V is
    φ(1 − φ)·range/V."""
    is_resolved: bool
    """The image is several correlation lengths wide; else the deviation is a lower bound."""

    @property
    def half_width_95(self) -> float:
        """Return half of the 95% interval."""
        return NORMAL_95 * self.standard_deviation


def fraction_uncertainty(
    mask: NDArray[np.bool_], voxel_size_m: Sequence[float]
) -> FractionUncertainty:
    """Estimate the standard deviation of a phase's fraction from one image of it."""
    fraction = float(np.count_nonzero(mask)) / mask.size
    coarse, factor = _block_means(mask)
    block_m = np.asarray(voxel_size_m, dtype=np.float64) * factor
    volume_m3 = float(mask.size * np.prod(voxel_size_m))
    shell_m = float(block_m.min())
    shell, summed = _summed_covariance(coarse - coarse.mean(), block_m, shell_m)
    covariance = np.cumsum(summed) / coarse.size**2
    inside = np.cumsum(np.bincount(shell, weights=_overlap(coarse.shape))) / coarse.size**2
    variance = np.maximum(covariance / np.maximum(1.0 - inside, 1e-3), 0.0)
    spread = max(fraction * (1 - fraction), 1e-300)
    radius_m = np.cbrt(variance * volume_m3 / spread * (0.75 / np.pi))
    range_m = np.arange(variance.size) * shell_m
    wide_enough = np.flatnonzero(
        (range_m >= _WINDOW_LENGTHS * np.maximum(radius_m, block_m.max())) & (inside < 0.5)
    )
    is_resolved = wide_enough.size > 0
    stop = int(wide_enough[0]) if is_resolved else max(int(np.searchsorted(inside, 0.5)) - 1, 0)
    found = float(variance[stop])
    return FractionUncertainty(
        fraction=fraction,
        standard_deviation=float(np.sqrt(found)),
        integral_range_m3=found * volume_m3 / spread,
        is_resolved=is_resolved,
    )


def _block_means(mask: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Average the indicator over equal blocks; a rest that fills no block is left out."""
    factor = np.array([-(-n // _COARSE_EDGE) for n in mask.shape], np.int64)
    n_blocks = [n // int(f) for n, f in zip(mask.shape, factor, strict=True)]
    whole = mask[tuple(slice(0, n * int(f)) for n, f in zip(n_blocks, factor, strict=True))]
    total = whole.view(np.uint8)
    for axis in (2, 1, 0):  # the last axis first: it is contiguous and shrinks the rest
        shape = [*total.shape[:axis], n_blocks[axis], int(factor[axis]), *total.shape[axis + 1 :]]
        total = total.reshape(shape).sum(axis=axis + 1, dtype=np.uint16 if axis > 0 else np.uint32)
    return (total / np.prod(factor)).astype(np.float32), factor


def _summed_covariance(
    residual: NDArray[np.float32], block_m: NDArray[np.float64], shell_m: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return each lag's shell of distance, and Σₓ r(x)·r(x + h) by shell; nothing wraps around."""
    padded = [2 * n for n in residual.shape]
    transform = scipy.fft.rfftn(residual, padded)
    products = scipy.fft.irfftn(np.abs(transform) ** 2, padded)
    lags = [np.minimum(np.arange(n), n - np.arange(n)) for n in padded]
    away = np.meshgrid(
        *((lag * m) ** 2 for lag, m in zip(lags, block_m, strict=True)), indexing="ij", sparse=True
    )
    shell = (np.sqrt(away[0] + away[1] + away[2]) / shell_m + 0.5).astype(np.int64).reshape(-1)
    by_shell = np.bincount(shell, weights=products.reshape(-1)).astype(np.float64)
    return shell, by_shell


def _overlap(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return how many pairs of blocks are each lag apart."""
    counts = [np.abs(n - np.arange(2 * n)).astype(np.float64) for n in shape]
    return (counts[0][:, None, None] * counts[1][:, None] * counts[2]).reshape(-1)
