"""Finest-grid sweeps where conductivities or voxel edges differ: a resistance ρ = 1/(2σ) a voxel.

A face between voxels a and b conducts w/(ρa + ρb), the harmonic mean, with w the axis's weight;
ρ = ∞ blocks; the planes behind the end faces hold ρ = 0, which leaves the half voxel between centre
and end face. The sweeps are those of ``one_conductor``, which is the cheaper special case.
"""

from __future__ import annotations

import numpy as np

from simulators.properties.compiled import Codes, Floats, Index, Reals, Scalar, kernel
from simulators.properties.conduction.checkerboard import RIGHTWARD, Grid, sum_slots, wrap_plane
from simulators.properties.conduction.relaxation import (
    Planes,
    Six,
    planes_at,
    planes_in_ring,
    total,
    weigh,
)
from simulators.properties.conduction.transfer import Blocks, load_plane, store_plane

ZERO = np.float32(0)
Material = tuple[Floats, Floats, Floats]
"""Half-voxel resistances of red and of black voxels, and the weights of faces along z, y and x."""


@kernel
def _faces(
    own: Scalar,
    rho: Floats,
    where: Planes,
    s: Index,
    stride: int,
    side: Index,
    wz: Scalar,
    wy: Scalar,
    wx: Scalar,
) -> Six:
    """Return the face conductances of the voxel of resistance ``own`` in slot ``s``."""
    up, here, down = where
    left = rho[np.uintp(here + s - 1)]
    right = rho[np.uintp(here + s + 1)]
    beside = right if side == RIGHTWARD else left
    return (
        wz / (own + rho[np.uintp(up + s)]),
        wz / (own + rho[np.uintp(down + s)]),
        wy / (own + rho[np.uintp(here + s - stride)]),
        wy / (own + rho[np.uintp(here + s + stride)]),
        wx / (own + rho[np.uintp(here + s)]),
        wx / (own + beside),
    )


@kernel
def average_plane(
    material: Material,
    x: Floats,
    front: float,
    i: int,
    sides: Codes,
    target: Floats,
    to: Index,
    grid: Grid,
) -> None:
    """Set red plane ``i`` to the weighted mean of its neighbours ``x``; 0 outside the grid.

    The end face before plane 0 is held at ``front``, the one behind the last plane at 0.
    """
    red, black, weights = material
    wz, wy, wx = weights
    stride = grid[2] + 2
    plane = (grid[1] + 2) * stride
    if i < 0 or i >= grid[0]:
        target[to : to + plane] = 0
        return
    lift = np.float32(front) if i == 0 else ZERO
    where = planes_at(i, plane)
    row = sides[i & 1]
    for s in range(stride, plane - stride):
        side = row[np.uintp(s)]
        c = _faces(red[np.uintp(where[1] + s)], black, where, s, stride, side, wz, wy, wx)
        degree = total(c)
        mean = (lift * c[0] + weigh(c, x, where, s, stride, side)) / degree
        target[np.uintp(to + s)] = mean if degree > 0 else ZERO
    wrap_plane(target, to, grid)


@kernel
def operate(
    material: Material, p: Floats, q: Floats, sides: Codes, grid: Grid, first: int, last: int
) -> Reals:
    """Set q = D p - C x with x the red average of p, both ends held at 0; return p . q by plane."""
    red, black, weights = material
    wz, wy, wx = weights
    stride = grid[2] + 2
    plane = (grid[1] + 2) * stride
    ring = np.zeros(3 * plane, np.float32)
    products = np.zeros(last - first)
    gathered = np.zeros(stride, np.float32)
    for i in range(first - 1, last + 1):
        average_plane(material, p, 0.0, i, sides, ring, (i + 3) % 3 * plane, grid)
        k = i - 1
        if k < first:
            continue
        where = planes_at(k, plane)
        there = planes_in_ring(k, plane)
        row = sides[(k + 1) & 1]
        gathered[:] = 0
        for j in range(1, grid[1] + 1):
            for slot in range(stride):
                s = j * stride + slot
                at = where[1] + s
                side = row[np.uintp(s)]
                c = _faces(black[np.uintp(at)], red, where, s, stride, side, wz, wy, wx)
                own = p[np.uintp(at)]
                flow = total(c) * own - weigh(c, ring, there, s, stride, side)
                value = flow if side > 0 else ZERO
                q[np.uintp(at)] = value
                gathered[np.uintp(slot)] += value * own
        products[k - first] = sum_slots(gathered)
    return products


@kernel
def invert_degrees(
    material: Material, inverse: Floats, sides: Codes, grid: Grid, first: int, last: int
) -> None:
    """Set ``inverse`` to 1 over the sum of each black voxel's faces, 0 where nothing conducts."""
    red, black, weights = material
    wz, wy, wx = weights
    stride = grid[2] + 2
    plane = (grid[1] + 2) * stride
    for i in range(first, last):
        where = planes_at(i, plane)
        row = sides[(i + 1) & 1]
        for s in range(stride, plane - stride):
            at = where[1] + s
            side = row[np.uintp(s)]
            degree = total(_faces(black[np.uintp(at)], red, where, s, stride, side, wz, wy, wx))
            value = np.float32(1) / degree
            inverse[np.uintp(at)] = value if (degree > 0) & (side > 0) else ZERO


@kernel
def descend(
    inverse: Floats, alpha: float, q: Floats, r: Floats, grid: Grid, first: int, last: int
) -> None:
    """Take r - alpha q as the new residual and leave r / D in ``q``."""
    plane = (grid[1] + 2) * (grid[2] + 2)
    step = np.float32(alpha)
    for at in range((first + 1) * plane, (last + 1) * plane):
        load = r[np.uintp(at)] - step * q[np.uintp(at)]
        r[np.uintp(at)] = load
        q[np.uintp(at)] = load * inverse[np.uintp(at)]


@kernel
def gather(
    material: Material, x: Floats, sides: Codes, grid: Grid, below: Blocks, first: int, last: int
) -> None:
    """Sum the red residual left by black ``x`` over the blocks of planes ``first`` to ``last``."""
    red, black, weights = material
    wz, wy, wx = weights
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
                side = row[np.uintp(s)]
                c = _faces(red[np.uintp(where[1] + s)], black, where, s, stride, side, wz, wy, wx)
                sums[np.uintp(s)] += weigh(c, x, where, s, stride, side)
        store_plane(sums, ny, m, below, bi)


@kernel
def smooth(
    material: Material,
    r: Floats,
    z: Floats,
    sides: Codes,
    grid: Grid,
    below: Blocks,
    first: int,
    last: int,
) -> Reals:
    """Relax black with load ``r`` against the coarse red into z; return r . z by plane."""
    red, black, weights = material
    wz, wy, wx = weights
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
            wrap_plane(ring, to, grid)
        else:
            ring[to : to + plane] = 0
        k = i - 1
        if k < first:
            continue
        where = planes_at(k, plane)
        there = planes_in_ring(k, plane)
        row = sides[(k + 1) & 1]
        gathered[:] = 0
        for j in range(1, ny + 1):
            for slot in range(stride):
                s = j * stride + slot
                at = where[1] + s
                side = row[np.uintp(s)]
                c = _faces(black[np.uintp(at)], red, where, s, stride, side, wz, wy, wx)
                load = r[np.uintp(at)]
                degree = total(c)
                mean = (load + weigh(c, ring, there, s, stride, side)) / degree
                value = mean if (degree > 0) & (side > 0) else ZERO
                z[np.uintp(at)] = value
                gathered[np.uintp(slot)] += value * load
        products[k - first] = sum_slots(gathered)
    return products


@kernel
def average(
    material: Material,
    x: Floats,
    front: float,
    target: Floats,
    sides: Codes,
    grid: Grid,
    first: int,
    last: int,
) -> None:
    """Set the red potential that belongs to the black one."""
    plane = (grid[1] + 2) * (grid[2] + 2)
    for i in range(first, last):
        average_plane(material, x, front, i, sides, target, (i + 1) * plane, grid)
