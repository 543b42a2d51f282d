"""Coarser grids of the preconditioner: conductances of merged faces, and kernels that use them.

Blocks of 2 x 2 x 2 voxels merge (an axis may be kept). The faces between two blocks are summed and
divided by how much farther the block centres are apart. Along a periodic side the number of blocks
stays even, as two colours need: the last block is then twice as long. Faces are stored by their
black voxel: six arrays, in the order z-, z+, y-, y+, same slot, slot + o (see ``checkerboard``).
"""

from __future__ import annotations

import numpy as np

from simulators.properties.compiled import Floats, kernel

ZERO = np.float32(0)


@kernel
def merge_resistances(
    red: Floats,
    black: Floats,
    weights: Floats,
    ny: int,
    m: int,
    n_planes: int,
    block_z: int,
    block_y: int,
    faces: Floats,
    NY: int,
    NX: int,
    scales: Floats,
    wrap_y: bool,
    wrap_x: bool,
    nx: int,
    first: int,
    last: int,
) -> None:
    """Merge the faces of the finest grid, given as half-voxel resistances, into ``faces``."""
    wz, wy, wx = weights
    stride = m + 2
    plane = (ny + 2) * stride
    through = np.empty(m, np.float32)
    front = np.empty(m, np.float32)
    across = np.empty(m, np.float32)
    along = np.empty(m, np.float32)
    for block in range(first, last):
        for J in range(NY):
            through[:] = 0
            front[:] = 0
            across[:] = 0
            along[:] = 0
            i_end = min(n_planes, (block + 1) * block_z)
            j_end = ny if J == NY - 1 else (J + 1) * block_y
            for i in range(block * block_z, i_end):
                for j in range(J * block_y, j_end):
                    row = (i + 1) * plane + (j + 1) * stride + 1
                    even, odd = (red, black) if (i + j) % 2 == 0 else (black, red)
                    if i == 0:
                        _add_faces(front, red, row, red, row - plane, wz, m)
                        _add_faces(front, black, row, black, row - plane, wz, m)
                    if i == i_end - 1:
                        _add_faces(through, red, row, black, row + plane, wz, m)
                        _add_faces(through, black, row, red, row + plane, wz, m)
                    if j == j_end - 1:
                        _add_faces(across, red, row, black, row + stride, wy, m)
                        _add_faces(across, black, row, red, row + stride, wy, m)
                    _add_faces(along, odd, row, even, row + 1, wx, m)
            _store(
                faces,
                through,
                front,
                across,
                along,
                block,
                J,
                NY,
                NX,
                scales,
                wrap_y,
                wrap_x,
                m,
                nx,
            )


@kernel
def _add_faces(
    sums: Floats, a: Floats, at_a: int, b: Floats, at_b: int, weight: float, m: int
) -> None:
    for s in range(m):
        sums[np.uintp(s)] += weight / (a[np.uintp(at_a + s)] + b[np.uintp(at_b + s)])


@kernel
def merge_faces(
    fine: Floats,
    nz: int,
    ny: int,
    m: int,
    block_z: int,
    block_y: int,
    faces: Floats,
    NY: int,
    NX: int,
    scales: Floats,
    wrap_y: bool,
    wrap_x: bool,
    nx: int,
    first: int,
    last: int,
) -> None:
    """Merge one coarse grid's faces into the next."""
    stride = m + 2
    plane = (ny + 2) * stride
    size = (nz + 2) * plane
    through = np.empty(m, np.float32)
    front = np.empty(m, np.float32)
    across = np.empty(m, np.float32)
    along = np.empty(m, np.float32)
    for block in range(first, last):
        for J in range(NY):
            through[:] = 0
            front[:] = 0
            across[:] = 0
            along[:] = 0
            i_end = min(nz, (block + 1) * block_z)
            j_end = ny if J == NY - 1 else (J + 1) * block_y
            for i in range(block * block_z, i_end):
                for j in range(J * block_y, j_end):
                    row = (i + 1) * plane + (j + 1) * stride + 1
                    is_odd = (i + j) % 2 == 0  # the black voxels of this row have odd k
                    for s in range(m):
                        if i == 0:
                            front[s] += fine[row + s] + fine[size + row - plane + s]
                        if i == i_end - 1:
                            through[s] += fine[size + row + s] + fine[row + plane + s]
                        if j == j_end - 1:
                            across[s] += (
                                fine[3 * size + row + s] + fine[2 * size + row + stride + s]
                            )
                        along[s] += fine[5 * size + row + s + (0 if is_odd else 1)]
            _store(
                faces,
                through,
                front,
                across,
                along,
                block,
                J,
                NY,
                NX,
                scales,
                wrap_y,
                wrap_x,
                m,
                nx,
            )


@kernel
def _store(
    faces: Floats,
    through: Floats,
    front: Floats,
    across: Floats,
    along: Floats,
    block: int,
    J: int,
    NY: int,
    NX: int,
    scales: Floats,
    wrap_y: bool,
    wrap_x: bool,
    m: int,
    nx: int,
) -> None:
    """Write a row of merged faces to the black voxel on either side of each."""
    M = (NX + 1) // 2
    stride = M + 2
    plane = (NY + 2) * stride
    size = faces.size // 6
    row = (block + 1) * plane + (J + 1) * stride + 1
    for extra in range(NX, m):
        through[NX - 1] += through[extra]
        front[NX - 1] += front[extra]
        across[NX - 1] += across[extra]
        along[NX - 1] = along[extra]
    for K in range(NX):
        slot = row + K // 2
        is_black = (block + J + K) % 2 == 1
        if block == 0:
            if is_black:
                faces[slot] = front[K] * scales[0]
            else:
                faces[size + slot - plane] = front[K] * scales[0]
        if is_black:
            faces[size + slot] = through[K] * scales[0]
        else:
            faces[slot + plane] = through[K] * scales[0]
        if J < NY - 1 or wrap_y:
            if is_black:
                faces[3 * size + slot] = across[K] * scales[1]
            else:
                behind = slot + stride if J < NY - 1 else slot - J * stride
                faces[2 * size + behind] = across[K] * scales[1]
        if K < NX - 1 or wrap_x:
            value = along[K] * scales[2]
            if is_black:
                faces[(4 + K % 2) * size + slot] = value
            else:
                after = K + 1 if K < NX - 1 else 0
                faces[(5 - after % 2) * size + row + after // 2] = value


@kernel
def _black(
    f: Floats, size: int, x: Floats, at: int, stride: int, plane: int, side: int
) -> tuple[float, float]:
    """Return (sum of faces, sum of face times neighbour) of a black voxel."""
    c0 = f[np.uintp(at)]
    c1 = f[np.uintp(size + at)]
    c2 = f[np.uintp(2 * size + at)]
    c3 = f[np.uintp(3 * size + at)]
    c4 = f[np.uintp(4 * size + at)]
    c5 = f[np.uintp(5 * size + at)]
    total = (
        c0 * x[np.uintp(at - plane)]
        + c1 * x[np.uintp(at + plane)]
        + c2 * x[np.uintp(at - stride)]
        + c3 * x[np.uintp(at + stride)]
        + c4 * x[np.uintp(at)]
        + c5 * x[np.uintp(at + side)]
    )
    return c0 + c1 + c2 + c3 + c4 + c5, total


@kernel
def _red(
    f: Floats, size: int, x: Floats, at: int, stride: int, plane: int, side: int
) -> tuple[float, float]:
    """Return (sum of faces, sum of face times neighbour) of a red voxel: faces lie elsewhere."""
    c0 = f[np.uintp(size + at - plane)]
    c1 = f[np.uintp(at + plane)]
    c2 = f[np.uintp(3 * size + at - stride)]
    c3 = f[np.uintp(2 * size + at + stride)]
    c4 = f[np.uintp(4 * size + at)]
    c5 = f[np.uintp(5 * size + at + side)]
    total = (
        c0 * x[np.uintp(at - plane)]
        + c1 * x[np.uintp(at + plane)]
        + c2 * x[np.uintp(at - stride)]
        + c3 * x[np.uintp(at + stride)]
        + c4 * x[np.uintp(at)]
        + c5 * x[np.uintp(at + side)]
    )
    return c0 + c1 + c2 + c3 + c4 + c5, total


@kernel
def relax(
    faces: Floats,
    is_black: bool,
    r: Floats,
    x: Floats,
    target: Floats,
    ny: int,
    m: int,
    first: int,
    last: int,
) -> None:
    """Solve one colour's equations for it, given the other colour ``x``."""
    stride = m + 2
    plane = (ny + 2) * stride
    size = r.size
    for i in range(first, last):
        for j in range(ny):
            row = (i + 1) * plane + (j + 1) * stride + 1
            if is_black:
                side = 2 * ((i + j + 1) & 1) - 1
                for s in range(m):
                    degree, total = _black(faces, size, x, row + s, stride, plane, side)
                    value = (r[np.uintp(row + s)] + total) / degree
                    target[np.uintp(row + s)] = value if degree > 0 else ZERO
            else:
                side = 2 * ((i + j) & 1) - 1
                for s in range(m):
                    degree, total = _red(faces, size, x, row + s, stride, plane, side)
                    value = (r[np.uintp(row + s)] + total) / degree
                    target[np.uintp(row + s)] = value if degree > 0 else ZERO


@kernel
def gather(
    faces: Floats,
    r: Floats,
    u: Floats,
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
    """Sum the red residual (r red, u red, x black) over the blocks of planes ``first`` to last."""
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
                        degree, total = _red(faces, r.size, x, row + s, stride, plane, side)
                        left = r[np.uintp(row + s)] + total - degree * u[np.uintp(row + s)]
                        sums[np.uintp(s)] += left
            store_row(sums, coarse_red, coarse_black, block, J, NY, NX)


@kernel
def store_row(
    sums: Floats, red: Floats, black: Floats, block: int, J: int, NY: int, NX: int
) -> None:
    """Deal a row of coarse values out to the two colours; the last block takes what is left."""
    row = ((block + 1) * (NY + 2) + J + 1) * ((NX + 1) // 2 + 2) + 1
    even, odd = (red, black) if (block + J) % 2 == 0 else (black, red)
    for extra in range(NX, sums.size):
        sums[NX - 1] += sums[extra]
    for K in range(NX):
        if K % 2 == 0:
            even[row + K // 2] = sums[K]
        else:
            odd[row + K // 2] = sums[K]


@kernel
def load_row(
    values: Floats, red: Floats, black: Floats, block: int, J: int, NY: int, NX: int
) -> None:
    """Collect a row of coarse values from the two colours."""
    row = ((block + 1) * (NY + 2) + J + 1) * ((NX + 1) // 2 + 2) + 1
    even, odd = (red, black) if (block + J) % 2 == 0 else (black, red)
    for K in range(NX):
        values[K] = even[row + K // 2] if K % 2 == 0 else odd[row + K // 2]
    for extra in range(NX, values.size):
        values[extra] = values[NX - 1]


@kernel
def spread(
    coarse_red: Floats,
    coarse_black: Floats,
    NY: int,
    NX: int,
    block_z: int,
    block_y: int,
    u: Floats,
    is_new: bool,
    ny: int,
    m: int,
    first: int,
    last: int,
) -> None:
    """Add each block's value to its red voxels ``u`` (or set them, where ``is_new``)."""
    stride = m + 2
    plane = (ny + 2) * stride
    values = np.empty(m, np.float32)
    for i in range(first, last):
        for J in range(NY):
            load_row(values, coarse_red, coarse_black, i // block_z, J, NY, NX)
            for j in range(J * block_y, ny if J == NY - 1 else (J + 1) * block_y):
                row = (i + 1) * plane + (j + 1) * stride + 1
                if is_new:
                    for s in range(m):
                        u[np.uintp(row + s)] = values[np.uintp(s)]
                else:
                    for s in range(m):
                        u[np.uintp(row + s)] += values[np.uintp(s)]


@kernel
def begin(faces: Floats, r: Floats, u: Floats, ny: int, m: int, first: int, last: int) -> None:
    """Relax red against black = 0."""
    stride = m + 2
    plane = (ny + 2) * stride
    size = r.size
    for i in range(first, last):
        for j in range(ny):
            row = (i + 1) * plane + (j + 1) * stride + 1
            side = 2 * ((i + j) & 1) - 1
            for s in range(m):
                at = row + s
                degree = (
                    faces[np.uintp(size + at - plane)]
                    + faces[np.uintp(at + plane)]
                    + faces[np.uintp(3 * size + at - stride)]
                    + faces[np.uintp(2 * size + at + stride)]
                    + faces[np.uintp(4 * size + at)]
                    + faces[np.uintp(5 * size + at + side)]
                )
                value = r[np.uintp(at)] / degree
                u[np.uintp(at)] = value if degree > 0 else ZERO
