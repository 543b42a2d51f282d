"""Conductances between merged blocks: what the coarser grids of the preconditioner are made of.

Blocks of 2 x 2 x 2 voxels merge (an axis may be kept). The faces between two blocks are summed and
divided by how much farther the block centres are apart. Along a periodic side the number of blocks
stays even, as two colours need: the last block is then twice as long. Faces are stored by their
black voxel, in six arrays one after another: z-, z+, y-, y+, same slot, next or last slot.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.properties.compiled import Codes, Floats, Index, Scalar, kernel
from simulators.properties.conduction.checkerboard import Grid

Block = tuple[int, int, float, float, float]
"""Voxels merged along z and y, then the factor on faces along z, y and x."""


@kernel
def merge_flags(
    red: Codes,
    black: Codes,
    weights: Floats,
    fine: Grid,
    block: Block,
    faces: Floats,
    grid: Grid,
    n_blocks: int,
    first: int,
    last: int,
) -> None:
    """Merge the finest grid's faces where every voxel conducts alike or not at all."""
    nz, ny, m, _, _ = fine
    stride = m + 2
    plane = (ny + 2) * stride
    sums = np.zeros((4, m), np.float32)
    count = np.zeros((4, m), np.uint8)
    for bi in range(first, last):
        for bj in range(grid[1]):
            count[:] = 0
            i_end = min(nz, (bi + 1) * block[0])
            j_end = ny if bj == grid[1] - 1 else (bj + 1) * block[1]
            for i in range(bi * block[0], i_end):
                for j in range(bj * block[1], j_end):
                    row = (i + 1) * plane + (j + 1) * stride + 1
                    even, odd = (red, black) if (i + j) % 2 == 0 else (black, red)
                    if i == 0:
                        _count_ends(count[0], red, black, row, m)
                    if i == nz - 1:
                        _count_ends(count[1], red, black, row, m)
                    elif i == i_end - 1:
                        _count_pairs(count[1], red, row, black, row + plane, m)
                        _count_pairs(count[1], black, row, red, row + plane, m)
                    if j == j_end - 1:
                        _count_pairs(count[2], red, row, black, row + stride, m)
                        _count_pairs(count[2], black, row, red, row + stride, m)
                    _count_pairs(count[3], odd, row, even, row + 1, m)
            for kind in range(4):
                weight = weights[max(0, kind - 1)]
                for s in range(m):
                    sums[kind, s] = weight * np.float32(count[kind, s])
            _store(faces, sums, bi, bj, grid, n_blocks, block)


@kernel
def _count_pairs(count: Codes, a: Codes, at_a: Index, b: Codes, at_b: Index, m: int) -> None:
    for s in range(m):
        count[np.uintp(s)] += a[np.uintp(at_a + s)] * b[np.uintp(at_b + s)]


@kernel
def _count_ends(count: Codes, red: Codes, black: Codes, row: Index, m: int) -> None:
    for s in range(m):
        count[np.uintp(s)] += np.uint8(2) * (red[np.uintp(row + s)] + black[np.uintp(row + s)])


@kernel
def merge_resistances(
    red: Floats,
    black: Floats,
    weights: Floats,
    fine: Grid,
    block: Block,
    faces: Floats,
    grid: Grid,
    n_blocks: int,
    first: int,
    last: int,
) -> None:
    """Merge the finest grid's faces, given half-voxel resistances."""
    nz, ny, m, _, _ = fine
    stride = m + 2
    plane = (ny + 2) * stride
    wz, wy, wx = weights
    sums = np.zeros((4, m), np.float32)
    for bi in range(first, last):
        for bj in range(grid[1]):
            sums[:] = 0
            i_end = min(nz, (bi + 1) * block[0])
            j_end = ny if bj == grid[1] - 1 else (bj + 1) * block[1]
            for i in range(bi * block[0], i_end):
                for j in range(bj * block[1], j_end):
                    row = (i + 1) * plane + (j + 1) * stride + 1
                    even, odd = (red, black) if (i + j) % 2 == 0 else (black, red)
                    if i == 0:
                        _add_pairs(sums[0], red, row, black, row - plane, wz, m)
                        _add_pairs(sums[0], black, row, red, row - plane, wz, m)
                    if i == i_end - 1:
                        _add_pairs(sums[1], red, row, black, row + plane, wz, m)
                        _add_pairs(sums[1], black, row, red, row + plane, wz, m)
                    if j == j_end - 1:
                        _add_pairs(sums[2], red, row, black, row + stride, wy, m)
                        _add_pairs(sums[2], black, row, red, row + stride, wy, m)
                    _add_pairs(sums[3], odd, row, even, row + 1, wx, m)
            _store(faces, sums, bi, bj, grid, n_blocks, block)


@kernel
def _add_pairs(
    sums: Floats, a: Floats, at_a: Index, b: Floats, at_b: Index, weight: Scalar, m: int
) -> None:
    for s in range(m):
        sums[np.uintp(s)] += weight / (a[np.uintp(at_a + s)] + b[np.uintp(at_b + s)])


@kernel
def merge_faces(
    faces_fine: Floats,
    fine: Grid,
    block: Block,
    faces: Floats,
    grid: Grid,
    n_blocks: int,
    first: int,
    last: int,
) -> None:
    """Merge one coarse grid's faces into the next."""
    nz, ny, m, _, _ = fine
    stride = m + 2
    plane = (ny + 2) * stride
    size = (nz + 2) * plane
    sums = np.zeros((4, m), np.float32)
    for bi in range(first, last):
        for bj in range(grid[1]):
            sums[:] = 0
            i_end = min(nz, (bi + 1) * block[0])
            j_end = ny if bj == grid[1] - 1 else (bj + 1) * block[1]
            for i in range(bi * block[0], i_end):
                for j in range(bj * block[1], j_end):
                    row = (i + 1) * plane + (j + 1) * stride + 1
                    if i == 0:
                        _add_two(sums[0], faces_fine, row, size + row - plane, m)
                    if i == i_end - 1:
                        _add_two(sums[1], faces_fine, size + row, row + plane, m)
                    if j == j_end - 1:
                        _add_two(
                            sums[2],
                            faces_fine,
                            3 * size + row,
                            2 * size + row + stride,
                            m,
                        )
                    black_is_odd = (i + j) % 2 == 0
                    _add_one(
                        sums[3],
                        faces_fine,
                        5 * size + row + (0 if black_is_odd else 1),
                        m,
                    )
            _store(faces, sums, bi, bj, grid, n_blocks, block)


@kernel
def _add_one(sums: Floats, faces: Floats, at: Index, m: int) -> None:
    for s in range(m):
        sums[np.uintp(s)] += faces[np.uintp(at + s)]


@kernel
def _add_two(sums: Floats, faces: Floats, a: Index, b: Index, m: int) -> None:
    for s in range(m):
        sums[np.uintp(s)] += faces[np.uintp(a + s)] + faces[np.uintp(b + s)]


@kernel
def _store(
    faces: Floats,
    sums: NDArray[Any],
    bi: int,
    bj: int,
    grid: Grid,
    n_blocks: int,
    block: Block,
) -> None:
    """Write a row of merged faces (front end, z+, y+, x+) to the black voxel of each."""
    _, ny, m, wrap_y, wrap_x = grid
    stride = m + 2
    plane = (ny + 2) * stride
    size = faces.size // 6
    row = (bi + 1) * plane + (bj + 1) * stride + 1
    for extra in range(n_blocks, sums.shape[1]):
        for kind in range(3):
            sums[kind, n_blocks - 1] += sums[kind, extra]
        sums[3, n_blocks - 1] = sums[3, extra]
    for bk in range(n_blocks):
        slot = row + bk // 2
        is_black = (bi + bj + bk) % 2 == 1
        if bi == 0:
            faces[slot if is_black else size + slot - plane] = block[2] * sums[0, bk]
        faces[size + slot if is_black else slot + plane] = block[2] * sums[1, bk]
        if bj < ny - 1 or wrap_y:
            behind = slot + stride if bj < ny - 1 else slot - bj * stride
            faces[3 * size + slot if is_black else 2 * size + behind] = block[3] * sums[2, bk]
        if bk < n_blocks - 1 or wrap_x:
            after = bk + 1 if bk < n_blocks - 1 else 0
            own = (4 + bk % 2) * size + slot
            others = (5 - after % 2) * size + row + after // 2
            faces[own if is_black else others] = block[4] * sums[3, bk]
