"""The level below which exactly n voxels of a field lie, in linear time and no extra memory.

Float32 bits, mapped so that their order is the values' order, are counted in two passes of 2^16
bins. Equal values are taken in memory order, so the count is exact and the choice deterministic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from simulators.microstructure.stochastic.particle_field import Field
from simulators.microstructure.stochastic.slabs import over_slabs
from simulators.microstructure.voxels import Labels

_BINS = 1 << 16


@dataclass(frozen=True)
class Level:
    """The n-th smallest value, and how many voxels that equal it belong to the n."""

    value: float
    n_ties: int


def exact_level(
    field: Field, labels: Labels, *, n: int, among: int = 0, n_threads: int = 1
) -> Level:
    """Return the level that takes exactly ``n`` voxels, lowest first, of those labelled ``among``.

    ``n`` must lie between 1 and the number of such voxels.
    """

    def count(prefix: int) -> npt.NDArray[np.int64]:
        parts = over_slabs(
            field.shape[0],
            n_threads,
            lambda first, end: _histogram(
                field[first:end].view(np.uint32), labels[first:end], among, prefix
            ),
        )
        total: npt.NDArray[np.int64] = np.sum(parts, axis=0, dtype=np.int64)
        return total

    coarse = np.cumsum(count(-1))
    upper = int(np.searchsorted(coarse, n))
    below = int(coarse[upper - 1]) if upper else 0
    fine = np.cumsum(count(upper))
    lower = int(np.searchsorted(fine, n - below))
    ties_before = int(fine[lower - 1]) if lower else 0
    return Level(value=_value(upper << 16 | lower), n_ties=n - below - ties_before)


def mark_below(field: Field, labels: Labels, level: Level, *, mark: int, among: int = 0) -> None:
    """Relabel, in place, the voxels that ``exact_level`` chose."""
    _mark(field.reshape(-1), labels.reshape(-1), np.float32(level.value), level.n_ties, mark, among)


def _value(key: int) -> float:
    """Undo the order-preserving mapping of ``_key``."""
    bits = key ^ 0x80000000 if key & 0x80000000 else key ^ 0xFFFFFFFF
    return float(np.array([bits], dtype=np.uint32).view(np.float32)[0])


@numba.njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _key(bits: np.uint32) -> np.uint32:
    word = np.uint32(bits)
    if word & np.uint32(0x80000000):
        return np.uint32(~word)
    return np.uint32(word | np.uint32(0x80000000))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _histogram(
    bits: npt.NDArray[np.uint32], labels: Labels, among: int, prefix: int
) -> npt.NDArray[np.int64]:
    """Count keys by their upper half, or by their lower half where the upper is ``prefix``."""
    counts = np.zeros(_BINS, dtype=np.int64)
    flat_bits = bits.reshape(-1)
    flat_labels = labels.reshape(-1)
    for i in range(len(flat_bits)):
        if flat_labels[i] == among:
            key = _key(flat_bits[i])
            upper = np.int64(key >> np.uint32(16))
            if prefix < 0:
                counts[upper] += 1
            elif upper == prefix:
                counts[np.int64(key & np.uint32(0xFFFF))] += 1
    return counts


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _mark(field: Field, labels: Labels, value: float, n_ties: int, mark: int, among: int) -> None:
    left = n_ties
    for i in range(len(field)):
        if labels[i] == among:
            if field[i] < value:
                labels[i] = mark
            elif field[i] == value and left > 0:
                labels[i] = mark
                left -= 1
