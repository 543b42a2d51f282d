"""White noise that is looked up, not drawn: a value belongs to a seed, a field and a place.

Any block of an endless or periodic field can be had in any order, and neighbouring blocks agree.
Places are mixed by SplitMix64's finalizer (Steele, Lea and Flood 2014, OOPSLA, "Fast splittable
pseudorandom number generators") and made normal by Box and Muller (1958).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numba
import numpy as np
import numpy.typing as npt

Noise = npt.NDArray[np.float32]

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2: Final = np.uint64(0x94D049BB133111EB)
_TO_UNIT: Final = 2.0**-53


def normal_noise(
    seed: int,
    field: int,
    n_channels: int,
    start: Sequence[int],
    size: Sequence[int],
    period: Sequence[int],
) -> Noise:
    """Return independent standard normal numbers, `channel x z x y x x`.

    ``start`` is the first cell of the block (it may lie outside the period, also below 0), ``size``
    the block's cells, ``period`` where the field starts again along each axis.
    """
    noise = np.empty((n_channels, *size), dtype=np.float32)
    key = _key(seed, field)
    _fill(noise, key, *(np.int64(i) for i in start), *(np.int64(n) for n in period))
    return noise


def _key(seed: int, field: int) -> np.uint64:
    return np.uint64(np.random.SeedSequence([seed, field]).generate_state(1, dtype=np.uint64)[0])


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _mixed(x: np.uint64) -> np.uint64:
    x = (x ^ (x >> np.uint64(30))) * _MIX_1
    x = (x ^ (x >> np.uint64(27))) * _MIX_2
    return x ^ (x >> np.uint64(31))


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _fill(
    noise: Noise,
    key: np.uint64,
    z_0: int,
    y_0: int,
    x_0: int,
    n_z: int,
    n_y: int,
    n_x: int,
) -> None:
    """Give every place its number; two places side by side in memory never share one."""
    for c in range(noise.shape[0]):
        for z in range(noise.shape[1]):
            at_z = (z + z_0) % n_z
            for y in range(noise.shape[2]):
                row = ((np.int64(c) * n_z + at_z) * n_y + (y + y_0) % n_y) * n_x
                for x in range(noise.shape[3]):
                    place = np.uint64(row + (x + x_0) % n_x)
                    first = _mixed(key + place * _GOLDEN)
                    second = _mixed(first + _GOLDEN)
                    radius = math.sqrt(
                        -2.0 * math.log((np.float64(first >> np.uint64(11)) + 0.5) * _TO_UNIT)
                    )
                    turn = np.float64(second >> np.uint64(11)) * _TO_UNIT
                    noise[c, z, y, x] = radius * math.cos(2.0 * math.pi * turn)
