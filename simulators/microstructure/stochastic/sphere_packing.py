"""Push overlapping spheres apart until they only touch, or until no more is to be gained.

A force-biased relaxation in the spirit of Jodrey and Tory (1985, Phys. Rev. A 32, 2347): every
overlapping pair moves apart along its line of centres by half the overlap, all pairs at once.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from simulators.microstructure.stochastic.box import Array, Box


def relax_spheres(
    centres_m: Array, radii_m: Array, box: Box, *, n_sweeps: int = 150, tolerance: float = 0.01
) -> Array:
    """Return centres after relaxation, within the box.

    Stops when no overlap is deeper than ``tolerance`` times the sum of the two radii. A face that
    does not wrap around is a wall that no sphere crosses, unless it is wider than the box.
    """
    centres = centres_m.copy()
    _relax(
        centres,
        radii_m,
        box.edges_m,
        np.asarray(box.is_periodic),
        n_sweeps,
        tolerance,
    )
    return centres


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _relax(  # noqa: PLR0917
    centres: Array,
    radii: Array,
    edges: Array,
    wraps: npt.NDArray[np.bool_],
    n_sweeps: int,
    tolerance: float,
) -> None:
    n = len(centres)
    widest = 2.0 * radii.max()
    margin = 0.3 * radii.mean()
    n_cells = np.empty(3, dtype=np.int64)
    moved = np.zeros((n, 3))
    travelled = 2.0 * margin
    pairs = np.empty((0, 2), dtype=np.int64)
    for _ in range(n_sweeps):
        if travelled > 0.5 * margin:
            for k in range(3):
                n_cells[k] = max(int(edges[k] / (widest + margin)), 1)
            pairs = _close_pairs(centres, radii, edges, wraps, n_cells, margin)
            travelled = 0.0
        moved[:] = 0.0
        worst = 0.0
        for p in range(len(pairs)):
            i, j = pairs[p]
            d_0 = _gap(centres[j, 0] - centres[i, 0], edges[0], wraps[0])
            d_1 = _gap(centres[j, 1] - centres[i, 1], edges[1], wraps[1])
            d_2 = _gap(centres[j, 2] - centres[i, 2], edges[2], wraps[2])
            reach = radii[i] + radii[j]
            square = d_0 * d_0 + d_1 * d_1 + d_2 * d_2
            if square >= reach * reach:
                continue
            distance = np.sqrt(square) + 1e-12 * reach
            overlap = reach - distance
            worst = max(worst, overlap / reach)
            # The smaller sphere gives way more.
            share = radii[j] / reach
            push = 0.9 * overlap / distance
            moved[i, 0] -= push * share * d_0
            moved[i, 1] -= push * share * d_1
            moved[i, 2] -= push * share * d_2
            moved[j, 0] += push * (1.0 - share) * d_0
            moved[j, 1] += push * (1.0 - share) * d_1
            moved[j, 2] += push * (1.0 - share) * d_2
        longest = 0.0
        for i in range(n):
            length = np.sqrt(moved[i, 0] ** 2 + moved[i, 1] ** 2 + moved[i, 2] ** 2)
            limit = 0.5 * radii[i]
            factor = limit / length if length > limit else 1.0
            longest = max(longest, min(length, limit))
            for k in range(3):
                place = centres[i, k] + factor * moved[i, k]
                if wraps[k]:
                    place -= edges[k] * np.floor(place / edges[k])
                elif 2.0 * radii[i] < edges[k]:
                    place = min(max(place, radii[i]), edges[k] - radii[i])
                else:
                    place = 0.5 * edges[k]
                centres[i, k] = place
        travelled += longest
        if worst <= tolerance:
            break


@numba.njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _gap(difference: float, edge: float, wraps: bool) -> float:
    if wraps:
        return difference - edge * float(np.rint(difference / edge))
    return difference


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _close_pairs(  # noqa: PLR0912, PLR0917
    centres: Array,
    radii: Array,
    edges: Array,
    wraps: npt.NDArray[np.bool_],
    n_cells: npt.NDArray[np.int64],
    margin: float,
) -> npt.NDArray[np.int64]:
    """Return all pairs closer than touching plus ``margin``, by linked cells."""
    n = len(centres)
    heads = np.full(n_cells[0] * n_cells[1] * n_cells[2], -1, dtype=np.int64)
    following = np.full(n, -1, dtype=np.int64)
    cell = np.empty((n, 3), dtype=np.int64)
    for i in range(n):
        for k in range(3):
            at = int(centres[i, k] / edges[k] * n_cells[k])
            cell[i, k] = min(max(at, 0), n_cells[k] - 1)
        flat = (cell[i, 0] * n_cells[1] + cell[i, 1]) * n_cells[2] + cell[i, 2]
        following[i] = heads[flat]
        heads[flat] = i
    found = np.empty((16 * n + 16, 2), dtype=np.int64)
    n_found = 0
    seen = np.full(n, -1, dtype=np.int64)
    for i in range(n):
        for a in range(-1, 2):
            for b in range(-1, 2):
                for c in range(-1, 2):
                    z, y, x = cell[i, 0] + a, cell[i, 1] + b, cell[i, 2] + c
                    if not wraps[0] and (z < 0 or z >= n_cells[0]):
                        continue
                    if not wraps[1] and (y < 0 or y >= n_cells[1]):
                        continue
                    if not wraps[2] and (x < 0 or x >= n_cells[2]):
                        continue
                    flat = ((z % n_cells[0]) * n_cells[1] + y % n_cells[1]) * n_cells[
                        2
                    ] + x % n_cells[2]
                    j = heads[flat]
                    while j >= 0:
                        # With fewer than three cells along an axis a neighbour is met twice.
                        if j > i and seen[j] != i:
                            seen[j] = i
                            square = 0.0
                            for k in range(3):
                                square += (
                                    _gap(centres[j, k] - centres[i, k], edges[k], wraps[k]) ** 2
                                )
                            limit = radii[i] + radii[j] + margin
                            if square < limit * limit:
                                if n_found == len(found):
                                    larger = np.empty((2 * len(found), 2), dtype=np.int64)
                                    larger[:n_found] = found
                                    found = larger
                                found[n_found, 0] = i
                                found[n_found, 1] = j
                                n_found += 1
                        j = following[j]
    return found[:n_found]
