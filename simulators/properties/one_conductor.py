"""Finest-level kernels where one phase conducts: a degree code a voxel and no division by ρ.

Every kernel takes one colour at a time. A degree code packs how many conducting neighbours a voxel
has: bits 4-6 along z (an end face counts 2, being half as far), bits 2-3 along y, bits 0-1 along x;
0 is a voxel that takes no part. Values of voxels that take no part are kept at 0.
"""

from __future__ import annotations

import numpy as np

from simulators.properties.coarse_levels import load_row, store_row
from simulators.properties.compiled import Codes, Floats, Reals, kernel

ZERO = np.float32(0)


@kernel
def _degree(code: int, wz: float, wy: float, wx: float) -> float:
    return wz * np.float32(code >> 4) + wy * np.float32((code >> 2) & 3) + wx * np.float32(code & 3)


@kernel
def _around(
    x: Floats, at: int, stride: int, plane: int, side: int, wz: float, wy: float, wx: float
) -> float:
    """Return the weighted sum over the six neighbours of the slot at ``at``."""
    return (
        wz * (x[np.uintp(at - plane)] + x[np.uintp(at + plane)])
        + wy * (x[np.uintp(at - stride)] + x[np.uintp(at + stride)])
        + wx * (x[np.uintp(at)] + x[np.uintp(at + side)])
    )


@kernel
def average(
    codes: Codes,
    other: Codes,
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
    """Set each voxel to the conductance-weighted mean of its neighbours ``x``.

    The end face before plane 0 is held at ``front``, the one behind the last plane at 0.
    """
    wz, wy, wx = weights
    stride = m + 2
    plane = (ny + 2) * stride
    for i in range(first, last):
        lift = wz * np.float32(2 * front) if i == 0 else ZERO
        for j in range(ny):
            row = (i + 1) * plane + (j + 1) * stride + 1
            side = 2 * ((i + j + colour) & 1) - 1
            for s in range(m):
                code = np.int32(codes[np.uintp(row + s)])
                total = lift + _around(x, row + s, stride, plane, side, wz, wy, wx)
                mean = total / _degree(code, wz, wy, wx)
                target[np.uintp(row + s)] = mean if code > 0 else ZERO


@kernel
def smooth(
    codes: Codes,
    other: Codes,
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
                code = np.int32(codes[np.uintp(row + s)])
                load = r[np.uintp(row + s)]
                total = load + _around(x, row + s, stride, plane, side, wz, wy, wx)
                mean = total / _degree(code, wz, wy, wx)
                value = mean if code > 0 else ZERO
                z[np.uintp(row + s)] = value
                partial += value * load
            product += np.float64(partial)
    return product


@kernel
def operate(
    codes: Codes,
    other: Codes,
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
        lift = wz * np.float32(2 * front) if i == 0 else ZERO
        for j in range(ny):
            row = (i + 1) * plane + (j + 1) * stride + 1
            side = 2 * ((i + j + 1) & 1) - 1
            partial = ZERO
            for s in range(m):
                code = np.int32(codes[np.uintp(row + s)])
                here = p[np.uintp(row + s)]
                total = lift + _around(x, row + s, stride, plane, side, wz, wy, wx)
                flow = _degree(code, wz, wy, wx) * here - total
                value = flow if code > 0 else ZERO
                q[np.uintp(row + s)] = value
                partial += value * here
            product += np.float64(partial)
    return product


@kernel
def descend(
    codes: Codes,
    other: Codes,
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
            for s in range(m):
                code = np.int32(codes[np.uintp(row + s)])
                load = r[np.uintp(row + s)] - step * q[np.uintp(row + s)]
                r[np.uintp(row + s)] = load
                value = load / _degree(code, wz, wy, wx)
                q[np.uintp(row + s)] = value if code > 0 else ZERO


@kernel
def gather(
    codes: Codes,
    other: Codes,
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
                        flow = _around(x, row + s, stride, plane, side, wz, wy, wx)
                        sums[np.uintp(s)] += flow if codes[np.uintp(row + s)] > 0 else ZERO
            store_row(sums, coarse_red, coarse_black, block, J, NY, NX)


@kernel
def dissipate(
    codes: Codes,
    other: Codes,
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
    """Add the power of every face of the black voxels ``u`` (red ``x``) to its layers.

    ``layers`` is `slab x layer`: row ``first`` is this call's own, so slabs never collide. A face
    between two layers gives half to each; an end face belongs to its layer alone, for both colours.
    """
    wz, wy, wx = weights
    nz = layers.shape[1]
    stride = m + 2
    plane = (ny + 2) * stride
    own = layers[first]
    for i in range(first, last):
        for j in range(ny):
            row = (i + 1) * plane + (j + 1) * stride + 1
            side = 2 * ((i + j + 1) & 1) - 1
            lateral = ZERO
            above = ZERO
            below = ZERO
            ends = ZERO
            for s in range(m):
                here = u[np.uintp(row + s)]
                conducts = np.float32(1) if codes[np.uintp(row + s)] > 0 else ZERO
                lateral += conducts * (
                    wy * _power(here, x, other, row - stride + s)
                    + wy * _power(here, x, other, row + stride + s)
                    + wx * _power(here, x, other, row + s)
                    + wx * _power(here, x, other, row + side + s)
                )
                above += conducts * _power(here, x, other, row - plane + s)
                below += conducts * _power(here, x, other, row + plane + s)
            if i == 0:
                ends += _end_row(codes, u, row, np.float32(front), m)
                ends += _end_row(other, x, row, np.float32(front), m)
            if i == nz - 1:
                ends += _end_row(codes, u, row, ZERO, m)
                ends += _end_row(other, x, row, ZERO, m)
            own[i] += lateral + wz * (np.float32(2) * ends + np.float32(0.5) * (above + below))
            if i > 0:
                own[i - 1] += np.float32(0.5) * wz * above
            if i < nz - 1:
                own[i + 1] += np.float32(0.5) * wz * below


@kernel
def _power(here: float, x: Floats, other: Codes, at: int) -> float:
    drop = here - x[np.uintp(at)]
    return drop * drop if other[np.uintp(at)] > 0 else ZERO


@kernel
def _end_row(codes: Codes, u: Floats, row: int, held: float, m: int) -> float:
    power = ZERO
    for s in range(m):
        drop = u[np.uintp(row + s)] - held
        power += drop * drop if codes[np.uintp(row + s)] > 0 else ZERO
    return power


@kernel
def spread(
    coarse_red: Floats,
    coarse_black: Floats,
    NY: int,
    NX: int,
    block_z: int,
    block_y: int,
    codes: Codes,
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
                    u[np.uintp(row + s)] = value if codes[np.uintp(row + s)] > 0 else ZERO


@kernel
def count_neighbours(
    own: Floats,
    other: Floats,
    colour: int,
    codes: Codes,
    nz: int,
    ny: int,
    m: int,
    first: int,
    last: int,
) -> None:
    """Turn half-voxel resistances (infinite where nothing conducts) into degree codes."""
    stride = m + 2
    plane = (ny + 2) * stride
    for i in range(first, last):
        above = 2 if i == 0 else 0
        below = 2 if i == nz - 1 else 0
        for j in range(ny):
            row = (i + 1) * plane + (j + 1) * stride + 1
            side = 2 * ((i + j + colour) & 1) - 1
            for s in range(m):
                at = row + s
                up = above if i == 0 else _conducts(other, at - plane)
                down = below if i == nz - 1 else _conducts(other, at + plane)
                along_y = _conducts(other, at - stride) + _conducts(other, at + stride)
                along_x = _conducts(other, at) + _conducts(other, at + side)
                code = ((up + down) << 4) | (along_y << 2) | along_x
                codes[np.uintp(at)] = code if _conducts(own, at) > 0 else 0


@kernel
def _conducts(rho: Floats, at: int) -> int:
    return 1 if rho[np.uintp(at)] < np.inf else 0
