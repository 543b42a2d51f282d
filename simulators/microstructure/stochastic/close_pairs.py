"""Which particles are near enough to touch: a neighbour list from linked cells."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from simulators.microstructure.stochastic.box import Array

Pairs = npt.NDArray[np.int32]
Integers = npt.NDArray[np.int64]

_PAIRS_PER_PARTICLE = 12


def close_pairs(
    centres: Array, reaches: Array, edges: Array, wraps: npt.NDArray[np.bool_], *, margin: float
) -> Pairs:
    """Return all pairs (i < j) whose bounding spheres are within ``margin``; `pairs x 2`.

    ``reaches`` are bounding radii in falling order: each particle looks only for smaller ones, so
    few large particles among many small ones cost little.
    """
    n_cells = np.maximum((edges / (2.0 * reaches.mean() + margin)).astype(np.int64), 1)
    cells = np.clip((centres / edges * n_cells).astype(np.int64), 0, n_cells - 1)
    flat = (cells[:, 0] * n_cells[1] + cells[:, 1]) * n_cells[2] + cells[:, 2]
    members = np.argsort(flat, kind="stable")
    starts = np.searchsorted(flat[members], np.arange(int(np.prod(n_cells)) + 1))
    span = (2.0 * reaches + margin)[:, None]
    first = np.floor((centres - span) / edges * n_cells).astype(np.int64)
    last = np.floor((centres + span) / edges * n_cells).astype(np.int64)
    first = np.where(wraps, first, np.maximum(first, 0))
    last = np.where(wraps, np.minimum(last, first + n_cells - 1), np.minimum(last, n_cells - 1))
    found = np.empty((_PAIRS_PER_PARTICLE * len(centres) + 16, 2), dtype=np.int32)
    while True:
        n_found = _find(
            centres, reaches, edges, wraps, margin, n_cells, members, starts, first, last, found
        )
        if n_found <= len(found):
            return found[:n_found]
        found = np.empty((n_found, 2), dtype=np.int32)


@numba.njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def shortest_gap(difference: float, edge: float, wraps: bool) -> float:
    """Return a difference of coordinates, to the nearest image where the axis wraps around."""
    if wraps:
        if difference > 0.5 * edge:
            return difference - edge
        if difference < -0.5 * edge:
            return difference + edge
    return difference


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _find(
    centres: Array,
    reaches: Array,
    edges: Array,
    wraps: npt.NDArray[np.bool_],
    margin: float,
    n_cells: Integers,
    members: Integers,
    starts: Integers,
    first: Integers,
    last: Integers,
    found: Pairs,
) -> int:
    """Write as many pairs as ``found`` holds; return how many there are."""
    n_found = 0
    for i in range(len(centres)):
        for z in range(first[i, 0], last[i, 0] + 1):
            z_cell = z % n_cells[0]
            for y in range(first[i, 1], last[i, 1] + 1):
                row = (z_cell * n_cells[1] + y % n_cells[1]) * n_cells[2]
                for x in range(first[i, 2], last[i, 2] + 1):
                    cell = row + x % n_cells[2]
                    for at in range(starts[cell + 1] - 1, starts[cell] - 1, -1):
                        j = members[at]
                        if j <= i:  # a cell lists its largest first, and those come before i
                            break
                        square = 0.0
                        for k in range(3):
                            gap = shortest_gap(centres[j, k] - centres[i, k], edges[k], wraps[k])
                            square += gap * gap
                        limit = reaches[i] + reaches[j] + margin
                        if square < limit * limit:
                            if n_found < len(found):
                                found[n_found, 0] = i
                                found[n_found, 1] = j
                            n_found += 1
    return n_found
