"""Exact Euclidean distance of every voxel of a mask to the nearest voxel outside it.

The squared distance is separable: one pass per axis takes minᵢ f(i) + (i − j)² (Saito & Toriwaki
1994), here for whole rows at once, and a row stops as soon as no farther wall can matter. What lies
beyond the image's border is unknown and counts neither as inside nor as wall.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulators.properties.compiled import Floats, kernel
from simulators.properties.slabs import available_cores, run_slabs

NO_WALL: Final = 1e30
"""Squared distance where nothing outside the mask exists; larger than any image, and finite."""


def squared_distance(
    mask: NDArray[np.bool_],
    spacing: Sequence[float] = (1.0, 1.0, 1.0),
    *,
    reach: float = np.inf,
    n_threads: int | None = None,
) -> Floats:
    """Return the squared distance, in units of spacing, from voxel centre to voxel centre.

    0 outside the mask, and ``NO_WALL`` everywhere in a mask without any wall. Distances beyond
    reach are not worked out; they come as something larger than reach.
    """
    square: Floats = np.where(mask, np.float32(NO_WALL), np.float32(0.0))
    nz, ny, _ = square.shape
    n_threads = n_threads or available_cores()
    limit = np.float32(min(reach**2, NO_WALL))
    run_slabs(_along_x, nz, n_threads, square, spacing[2] ** 2)
    run_slabs(_along_y, nz, n_threads, square, np.float32(spacing[1] ** 2), limit)
    run_slabs(_along_z, ny, n_threads, square, np.float32(spacing[0] ** 2), limit)
    return square


@kernel
def _along_x(square: Floats, scale: float, first: int, last: int) -> None:
    """Take the nearest wall along each row by counting steps from both sides."""
    _, ny, nx = square.shape
    for z in range(first, last):
        for y in range(ny):
            row = square[z, y]
            steps = nx
            for x in range(nx):
                steps = 0 if row[x] == 0.0 else steps + 1
                if steps < nx:
                    row[x] = scale * steps * steps
            steps = nx
            for x in range(nx - 1, -1, -1):
                steps = 0 if row[x] == 0.0 else steps + 1
                if steps < nx:
                    row[x] = min(row[x], np.float32(scale * steps * steps))


@kernel
def _along_y(square: Floats, scale: np.float32, limit: np.float32, first: int, last: int) -> None:
    for z in range(first, last):
        _across_rows(square[z].copy(), square[z], scale, limit)


@kernel
def _along_z(square: Floats, scale: np.float32, limit: np.float32, first: int, last: int) -> None:
    for y in range(first, last):
        _across_rows(square[:, y].copy(), square[:, y], scale, limit)


@kernel
def _across_rows(source: Floats, nearest: Floats, scale: np.float32, limit: np.float32) -> None:
    """Lower each row to the least of any row plus its squared distance."""
    n = source.shape[0]
    has_wall = np.zeros(n, np.bool_)
    for i in range(n):
        has_wall[i] = source[i].min() < NO_WALL
    if not has_wall.any():
        return
    for i in range(n):
        row = nearest[i]
        largest = row.max()
        step = 1
        more = scale
        while step < n and more < largest and more <= limit:
            is_below = i >= step and has_wall[i - step]
            is_above = i + step < n and has_wall[i + step]
            if is_below:
                _lower(row, source[i - step], more)
            if is_above:
                _lower(row, source[i + step], more)
            if is_below or is_above:
                largest = row.max()
            step += 1
            more = scale * np.float32(step * step)


@kernel
def _lower(row: Floats, other: Floats, more: np.float32) -> None:
    for x in range(row.size):
        candidate = other[x] + more
        row[x] = candidate if candidate < row[x] else row[x]
