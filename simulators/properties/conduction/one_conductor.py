"""Finest-grid sweeps where one phase conducts and voxels are cubes: one byte a voxel.

Red unknowns are eliminated: vectors hold black voxels only, and a sweep recomputes the red values
it needs in a ring of three planes (the reduced system of a red-black ordering: Saad, Iterative
Methods for Sparse Linear Systems, 2nd ed. 2003, section 12.4). The byte is the voxel's degree: how
many conducting neighbours it has, an end face counting 2 as it is half as far. Degree 0 is a voxel
that takes no part, or a ghost; its value stays 0.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

import numpy as np

from simulators.properties.compiled import Codes, Floats, Index, Reals, Scalar, kernel
from simulators.properties.conduction.checkerboard import RIGHTWARD, Grid, sum_slots, wrap_plane
from simulators.properties.conduction.relaxation import Planes, planes_at, planes_in_ring
from simulators.properties.conduction.transfer import Blocks, load_plane, store_plane

ZERO = np.float32(0)


@kernel
def _neighbours(x: Floats, where: Planes, s: Index, stride: int, side: Index) -> Scalar:
    """Return the sum over the six neighbours of slot ``s`` of a plane."""
    up, here, down = where
    left = x[np.uintp(here + s - 1)]
    right = x[np.uintp(here + s + 1)]
    beside = right if side == RIGHTWARD else left
    return (
        (x[np.uintp(up + s)] + x[np.uintp(down + s)])
        + (x[np.uintp(here + s - stride)] + x[np.uintp(here + s + stride)])
        + (x[np.uintp(here + s)] + beside)
    )


@kernel
def average_plane(
    degrees: Codes,
    black: Floats,
    front: float,
    i: int,
    sides: Codes,
    target: Floats,
    to: Index,
    grid: Grid,
) -> None:
    """Set red plane ``i`` to the mean of its conducting neighbours; 0 outside the grid.

    The end face before plane 0 is held at ``front``, the one behind the last plane at 0.
    """
    stride = grid[2] + 2
    plane = (grid[1] + 2) * stride
    if i < 0 or i >= grid[0]:
        target[to : to + plane] = 0
        return
    lift = np.float32(2 * front) if i == 0 else ZERO
    where = planes_at(i, plane)
    row = sides[i & 1]
    for s in range(stride, plane - stride):
        degree = np.int32(degrees[np.uintp(where[1] + s)])
        total = lift + _neighbours(black, where, s, stride, row[np.uintp(s)])
        mean = total / np.float32(degree)
        target[np.uintp(to + s)] = mean if degree > 0 else ZERO
    wrap_plane(target, to, grid)


@kernel
def operate(
    red: Codes,
    black: Codes,
    p: Floats,
    q: Floats,
    sides: Codes,
    grid: Grid,
    first: int,
    last: int,
) -> Reals:
    """Set q = D p - C x with x the red average of p, both ends held at 0; return p . q by plane."""
    stride = grid[2] + 2
    plane = (grid[1] + 2) * stride
    ring = np.zeros(3 * plane, np.float32)
    products = np.zeros(last - first)
    gathered = np.zeros(stride, np.float32)
    for i in range(first - 1, last + 1):
        average_plane(red, p, 0.0, i, sides, ring, (i + 3) % 3 * plane, grid)
        k = i - 1
        if k < first:
            continue
        base = (k + 1) * plane
        where = planes_in_ring(k, plane)
        row = sides[(k + 1) & 1]
        gathered[:] = 0
        for j in range(1, grid[1] + 1):
            for slot in range(stride):
                s = j * stride + slot
                degree = np.int32(black[np.uintp(base + s)])
                own = p[np.uintp(base + s)]
                flow = np.float32(degree) * own
                flow -= _neighbours(ring, where, s, stride, row[np.uintp(s)])
                value = flow if degree > 0 else ZERO
                q[np.uintp(base + s)] = value
                gathered[np.uintp(slot)] += value * own
        products[k - first] = sum_slots(gathered)
    return products


@kernel
def descend(
    black: Codes, alpha: float, q: Floats, r: Floats, grid: Grid, first: int, last: int
) -> None:
    """Take r - alpha q as the new residual and leave r / D in ``q``."""
    plane = (grid[1] + 2) * (grid[2] + 2)
    step = np.float32(alpha)
    for at in range((first + 1) * plane, (last + 1) * plane):
        degree = np.int32(black[np.uintp(at)])
        load = r[np.uintp(at)] - step * q[np.uintp(at)]
        r[np.uintp(at)] = load
        value = load / np.float32(degree)
        q[np.uintp(at)] = value if degree > 0 else ZERO


@kernel
def gather(
    red: Codes, x: Floats, sides: Codes, grid: Grid, below: Blocks, first: int, last: int
) -> None:
    """Sum the red residual left by black ``x`` over the blocks of planes ``first`` to ``last``."""
    nz, ny, m, _, _ = grid
    stride = m + 2
    plane = (ny + 2) * stride
    sums = np.zeros(plane, np.float32)
    for bi in range(first, last):
        sums[:] = 0
        for i in range(bi * below[4], min(nz, (bi + 1) * below[4])):
            where = planes_at(i, plane)
            row = sides[i & 1]
            for s in range(stride, plane - stride):
                flow = _neighbours(x, where, s, stride, row[np.uintp(s)])
                sums[np.uintp(s)] += flow if red[np.uintp(where[1] + s)] > 0 else ZERO
        store_plane(sums, ny, m, below, bi)


@kernel
def smooth(
    red: Codes,
    black: Codes,
    r: Floats,
    z: Floats,
    sides: Codes,
    grid: Grid,
    below: Blocks,
    first: int,
    last: int,
) -> Reals:
    """Relax black with load ``r`` against the coarse red into z; return r . z by plane."""
    nz, ny, m, _, _ = grid
    stride = m + 2
    plane = (ny + 2) * stride
    ring = np.zeros(3 * plane, np.float32)
    products = np.zeros(last - first)
    gathered = np.zeros(stride, np.float32)
    for i in range(first - 1, last + 1):
        to = (i + 3) % 3 * plane
        if 0 <= i < nz:
            load_plane(ring, to, ny, m, below, i)
            base = (i + 1) * plane
            for s in range(stride, plane - stride):
                value = ring[np.uintp(to + s)]
                ring[np.uintp(to + s)] = value if red[np.uintp(base + s)] > 0 else ZERO
            wrap_plane(ring, to, grid)
        else:
            ring[to : to + plane] = 0
        k = i - 1
        if k < first:
            continue
        base = (k + 1) * plane
        where = planes_in_ring(k, plane)
        row = sides[(k + 1) & 1]
        gathered[:] = 0
        for j in range(1, ny + 1):
            for slot in range(stride):
                s = j * stride + slot
                degree = np.int32(black[np.uintp(base + s)])
                load = r[np.uintp(base + s)]
                total = load + _neighbours(ring, where, s, stride, row[np.uintp(s)])
                mean = total / np.float32(degree)
                value = mean if degree > 0 else ZERO
                z[np.uintp(base + s)] = value
                gathered[np.uintp(slot)] += value * load
        products[k - first] = sum_slots(gathered)
    return products


@kernel
def average(
    degrees: Codes,
    black: Floats,
    front: float,
    red: Floats,
    sides: Codes,
    grid: Grid,
    first: int,
    last: int,
) -> None:
    """Set the red potential that belongs to the black one."""
    plane = (grid[1] + 2) * (grid[2] + 2)
    for i in range(first, last):
        average_plane(degrees, black, front, i, sides, red, (i + 1) * plane, grid)
