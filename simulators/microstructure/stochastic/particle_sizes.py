"""How large the particles are: random diameters until their volumes fill what is asked."""

from __future__ import annotations

from typing import Final

import numpy as np

from simulators.microstructure.stochastic.box import Array

_TAIL: Final = 2.5
"""Diameters beyond d50·exp(±2.5·spread) are left out: 1.2% of the volume."""


def lognormal_diameters(
    random: np.random.Generator,
    *,
    d50_m: float,
    spread: float,
    volume_m3: float,
    largest_m: float,
) -> Array:
    """Return diameters whose spheres have exactly ``volume_m3`` in all, largest first.

    ``d50_m`` is the median by volume and ``spread`` the standard deviation of ln(diameter); by
    number the median is then d50·exp(−3·spread²) (Hatch and Choate 1929). The last draw overshoots
    or undershoots the volume; all are scaled together to meet it, by less than half a particle.
    """
    median_m = d50_m * np.exp(-3.0 * spread**2)
    lowest_m = d50_m * np.exp(-_TAIL * spread)
    highest_m = min(d50_m * np.exp(_TAIL * spread), largest_m)
    chunks: list[Array] = []
    filled_m3 = 0.0
    while filled_m3 < volume_m3:
        drawn = median_m * np.exp(spread * random.standard_normal(4096))
        drawn = drawn[(drawn >= lowest_m * (1 - 1e-12)) & (drawn <= highest_m * (1 + 1e-12))]
        chunks.append(drawn)
        filled_m3 += float(np.sum(drawn**3)) * np.pi / 6.0
    diameters = np.concatenate(chunks)
    filled = np.cumsum(diameters**3) * np.pi / 6.0
    n = int(np.searchsorted(filled, volume_m3)) + 1
    if n > 1 and filled[n - 1] - volume_m3 > volume_m3 - filled[n - 2]:
        n -= 1
    kept = diameters[:n] * np.cbrt(volume_m3 / filled[n - 1])
    return np.sort(kept)[::-1].copy()
