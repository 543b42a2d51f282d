"""Finest-level kernels where conductivities differ: a half-voxel resistance ρ = 1/(2σ) a voxel.

A face between voxels a and b conducts 1/(ρa + ρb), the harmonic mean; ρ = ∞ blocks; the planes
behind the end faces hold ρ = 0, which leaves the half voxel between centre and end face. Functions
and arguments are those of ``one_conductor``, with ρ where that has degree codes.
"""

from __future__ import annotations

import numpy as np

from simulators.properties.coarse_levels import load_row, store_row
from simulators.properties.compiled import Floats, Reals, kernel

ZERO = np.float32(0)
ONE = np.float32(1)


@kernel
def _faces(
    here: float,
    rho: Floats,
    at: int,
    stride: int,
    plane: int,
    side: int,
    wz: float,
    wy: float,
    wx: float,
) -> tuple[float, float, float, float, float, float]:
    """Return the six face conductances of a voxel of resistance ``here``."""
    return (
        wz / (here + rho[np.uintp(at - plane)]),
        wz / (here + rho[np.uintp(at + plane)]),
        wy / (here + rho[np.uintp(at - stride)]),
        wy / (here + rho[np.uintp(at + stride)]),
        wx / (here + rho[np.uintp(at)]),
        wx / (here + rho[np.uintp(at + side)]),
    )


@kernel
def _around(
    c: tuple[float, float, float, float, float, float],
    x: Floats,
    at: int,
    stride: int,
    plane: int,
    side: int,
) -> float:
    return (
        c[0] * x[np.uintp(at - plane)]
        + c[1] * x[np.uintp(at + plane)]
        + c[2] * x[np.uintp(at - stride)]
        + c[3] * x[np.uintp(at + stride)]
        + c[4] * x[np.uintp(at)]
        + c[5] * x[np.uintp(at + side)]
    )


@kernel
def _total(c: tuple[float, float, float, float, float, float]) -> float:
    return c[0] + c[1] + c[2] + c[3] + c[4] + c[5]


@kernel
def average(
    rho: Floats,
    other: Floats,
    weights: Floats,
    colour: int,
    x: Floats,
    front: float,
    target: Floats,
    ny: int,
    m: int,
    first: int,
    last: int,
) -> None:
    """Set each voxel to the conductance-weighted mean of its neighbours ``x``."""
    wz, wy, wx = weights
    stride = m + 2
    plane = (ny + 2) * stride
    for i in range(first, last):
        lift = np.float32(front) if i == 0 else ZERO
        for j in range(ny):
            row = (i + 1) * plane + (j + 1) * stride + 1
            side = 2 * ((i + j + colour) & 1) - 1
            for s in range(m):
                c = _faces(rho[np.uintp(row + s)], other, row + s, stride, plane, side, wz, wy, wx)
                total = lift * c[0] + _around(c, x, row + s, stride, plane, side)
                degree = _total(c)
                mean = total / degree
                target[np.uintp(row + s)] = mean if degree > 0 else ZERO


@kernel
def smooth(
    rho: Floats,
    other: Floats,
    weights: Floats,
    x: Floats,
    r: Floats,
    z: Floats,
    ny: int,
    m: int,
    first: int,
    last: int,
) -> float:
    """Relax the black voxels against red ``x`` with load ``r`` into ``z``; return r . z."""
    wz, wy, wx = weights
    stride = m + 2
    plane = (ny + 2) * stride
    product = 0.0
    for i in range(first, last):
        for j in range(ny):
            row = (i + 1) * plane + (j + 1) * stride + 1
            side = 2 * ((i + j + 1) & 1) - 1
            partial = ZERO
            for s in range(m):
                c = _faces(rho[np.uintp(row + s)], other, row + s, stride, plane, side, wz, wy, wx)
                load = r[np.uintp(row + s)]
                degree = _total(c)
                mean = (load + _around(c, x, row + s, stride, plane, side)) / degree
                value = mean if degree > 0 else ZERO
                z[np.uintp(row + s)] = value
                partial += value * load
            product += np.float64(partial)
    return product


@kernel
def operate(
    rho: Floats,
    other: Floats,
    weights: Floats,
    p: Floats,
    x: Floats,
    front: float,
    q: Floats,
    ny: int,
    m: int,
    first: int,
    last: int,
) -> float:
    """Set q = D p - C x on the black voxels (p black, x red); return p . q."""
    wz, wy, wx = weights
    stride = m + 2
    plane = (ny + 2) * stride
    product = 0.0
    for i in range(first, last):
        lift = np.float32(front) if i == 0 else ZERO
        for j in range(ny):
            row = (i + 1) * plane + (j + 1) * stride + 1
            side = 2 * ((i + j + 1) & 1) - 1
            partial = ZERO
            for s in range(m):
                c = _faces(rho[np.uintp(row + s)], other, row + s, stride, plane, side, wz, wy, wx)
                here = p[np.uintp(row + s)]
                value = _total(c) * here - lift * c[0] - _around(c, x, row + s, stride, plane, side)
                q[np.uintp(row + s)] = value
                partial += value * here
            product += np.float64(partial)
    return product


@kernel
def descend(
    rho: Floats,
    other: Floats,
    weights: Floats,
    alpha: float,
    q: Floats,
    r: Floats,
    ny: int,
    m: int,
    first: int,
    last: int,
) -> None:
    """Take r - alpha q as the new residual and leave r / D in ``q`` (black voxels)."""
    wz, wy, wx = weights
    stride = m + 2
    plane = (ny + 2) * stride
    step = np.float32(alpha)
    for i in range(first, last):
        for j in range(ny):
            row = (i + 1) * plane + (j + 1) * stride + 1
            side = 2 * ((i + j + 1) & 1) - 1
            for s in range(m):
                c = _faces(rho[np.uintp(row + s)], other, row + s, stride, plane, side, wz, wy, wx)
                load = r[np.uintp(row + s)] - step * q[np.uintp(row + s)]
                r[np.uintp(row + s)] = load
                degree = _total(c)
                value = load / degree
                q[np.uintp(row + s)] = value if degree > 0 else ZERO


@kernel
def gather(
    rho: Floats,
    other: Floats,
    weights: Floats,
    x: Floats,
    nz: int,
    ny: int,
    m: int,
    block_z: int,
    block_y: int,
    coarse_red: Floats,
    coarse_black: Floats,
    NY: int,
    NX: int,
    first: int,
    last: int,
) -> None:
    """Sum the red residual left by black ``x`` over the blocks of planes ``first`` to ``last``."""
    wz, wy, wx = weights
    stride = m + 2
    plane = (ny + 2) * stride
    sums = np.empty(m, np.float32)
    for block in range(first, last):
        for J in range(NY):
            sums[:] = 0
            for i in range(block * block_z, min(nz, (block + 1) * block_z)):
                for j in range(J * block_y, ny if J == NY - 1 else (J + 1) * block_y):
                    row = (i + 1) * plane + (j + 1) * stride + 1
                    side = 2 * ((i + j) & 1) - 1
                    for s in range(m):
                        at = row + s
                        c = _faces(rho[np.uintp(at)], other, at, stride, plane, side, wz, wy, wx)
                        sums[np.uintp(s)] += _around(c, x, at, stride, plane, side)
            store_row(sums, coarse_red, coarse_black, block, J, NY, NX)


@kernel
def dissipate(
    rho: Floats,
    other: Floats,
    weights: Floats,
    u: Floats,
    x: Floats,
    front: float,
    layers: Reals,
    ny: int,
    m: int,
    first: int,
    last: int,
) -> None:
    """Add the power of every face of the black voxels to its layers, split by resistance."""
    wz, wy, wx = weights
    nz = layers.shape[1]
    stride = m + 2
    plane = (ny + 2) * stride
    own = layers[first]
    for i in range(first, last):
        for j in range(ny):
            row = (i + 1) * plane + (j + 1) * stride + 1
            side = 2 * ((i + j + 1) & 1) - 1
            inner = ZERO
            above = ZERO
            below = ZERO
            for s in range(m):
                at = row + s
                rho_here = rho[np.uintp(at)]
                c = _faces(rho_here, other, at, stride, plane, side, wz, wy, wx)
                here = u[np.uintp(at)]
                lateral = (
                    c[2] * (here - x[np.uintp(at - stride)]) ** 2
                    + c[3] * (here - x[np.uintp(at + stride)]) ** 2
                    + c[4] * (here - x[np.uintp(at)]) ** 2
                    + c[5] * (here - x[np.uintp(at + side)]) ** 2
                )
                up = c[0] * (here - x[np.uintp(at - plane)]) if i > 0 else ZERO
                down = c[1] * (here - x[np.uintp(at + plane)]) if i < nz - 1 else ZERO
                through = (up * up + down * down) / wz
                inner += lateral + (through * rho_here if through > 0 else ZERO)
                above += up * up * other[np.uintp(at - plane)] / wz if up != 0 else ZERO
                below += down * down * other[np.uintp(at + plane)] / wz if down != 0 else ZERO
            if i == 0:
                inner += _end_row(rho, u, row, np.float32(front), wz, m)
                inner += _end_row(other, x, row, np.float32(front), wz, m)
            if i == nz - 1:
                inner += _end_row(rho, u, row, ZERO, wz, m)
                inner += _end_row(other, x, row, ZERO, wz, m)
            own[i] += inner
            if i > 0:
                own[i - 1] += above
            if i < nz - 1:
                own[i + 1] += below


@kernel
def _end_row(rho: Floats, u: Floats, row: int, held: float, wz: float, m: int) -> float:
    power = ZERO
    for s in range(m):
        drop = u[np.uintp(row + s)] - held
        power += drop * drop * wz / rho[np.uintp(row + s)]
    return power


@kernel
def spread(
    coarse_red: Floats,
    coarse_black: Floats,
    NY: int,
    NX: int,
    block_z: int,
    block_y: int,
    rho: Floats,
    u: Floats,
    ny: int,
    m: int,
    first: int,
    last: int,
) -> None:
    """Set the conducting red voxels to their block's value, the others to 0."""
    stride = m + 2
    plane = (ny + 2) * stride
    values = np.empty(m, np.float32)
    for i in range(first, last):
        for J in range(NY):
            load_row(values, coarse_red, coarse_black, i // block_z, J, NY, NX)
            for j in range(J * block_y, ny if J == NY - 1 else (J + 1) * block_y):
                row = (i + 1) * plane + (j + 1) * stride + 1
                for s in range(m):
                    value = values[np.uintp(s)]
                    u[np.uintp(row + s)] = value if rho[np.uintp(row + s)] < np.inf else ZERO
