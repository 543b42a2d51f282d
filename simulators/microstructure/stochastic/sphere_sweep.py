"""One sweep over all close pairs of spheres, taking overlaps out by moving both."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from simulators.microstructure.stochastic.box import Array
from simulators.microstructure.stochastic.close_pairs import Pairs, shortest_gap


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def sweep_spheres(
    pairs: Pairs,
    centres: Array,
    radii: Array,
    ease: Array,
    edges: Array,
    wraps: npt.NDArray[np.bool_],
    step: float,
) -> tuple[float, float]:
    """Move ``centres`` in place; return the worst overlap and the sum, over touching distances."""
    worst = 0.0
    total = 0.0
    for p in range(len(pairs)):
        i = pairs[p, 0]
        j = pairs[p, 1]
        r_0 = shortest_gap(centres[j, 0] - centres[i, 0], edges[0], wraps[0])
        r_1 = shortest_gap(centres[j, 1] - centres[i, 1], edges[1], wraps[1])
        r_2 = shortest_gap(centres[j, 2] - centres[i, 2], edges[2], wraps[2])
        touching = radii[i] + radii[j]
        square = r_0 * r_0 + r_1 * r_1 + r_2 * r_2
        if square >= touching * touching:
            continue
        distance = np.sqrt(square) + 1e-9 * touching
        overlap = (touching - distance) / touching
        worst = max(worst, overlap)
        total += overlap
        push = step * (touching - distance) / distance / (ease[i] + ease[j])
        back, forth = push * ease[i], push * ease[j]
        centres[i, 0] -= back * r_0
        centres[i, 1] -= back * r_1
        centres[i, 2] -= back * r_2
        centres[j, 0] += forth * r_0
        centres[j, 1] += forth * r_1
        centres[j, 2] += forth * r_2
    return worst, total
