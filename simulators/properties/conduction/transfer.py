"""Transfer between grids, fused with the relaxation before or after it into one sweep.

A sweep keeps the values it makes on the way in rings of three planes and stores only what the next
sweep reads.
"""

from __future__ import annotations

import numpy as np

from simulators.properties.compiled import Codes, Floats, Index, kernel
from simulators.properties.conduction.checkerboard import Grid, wrap_plane
from simulators.properties.conduction.relaxation import (
    planes_at,
    planes_in_ring,
    red_faces,
    relax_black,
    relax_red,
    total,
    weigh,
)

Blocks = tuple[Floats, Floats, Grid, int, int, int]
"""The coarser grid: red and black values, grid, columns, and voxels merged along z and y."""


@kernel
def restrict(
    faces: Floats,
    load_red: Floats,
    load_black: Floats,
    red: Floats,
    sides: Codes,
    grid: Grid,
    below: Blocks,
    first: int,
    last: int,
) -> None:
    """Relax black, then sum what the red voxels still lack over the blocks: the coarse load."""
    nz, ny, m, _, _ = grid
    stride = m + 2
    plane = (ny + 2) * stride
    block_z = below[4]
    ring = np.zeros(3 * plane, np.float32)
    lacking = np.zeros(plane, np.float32)
    start, end = first * block_z, min(nz, last * block_z)
    for i in range(start - 1, end + 1):
        to = (i + 3) % 3 * plane
        if 0 <= i < nz:
            relax_black(faces, load_black, i, sides, red, planes_at(i, plane), ring, to, grid)
        else:
            ring[to : to + plane] = 0
        k = i - 1
        if k < start:
            continue
        base = (k + 1) * plane
        where = planes_in_ring(k, plane)
        row = sides[k & 1]
        for s in range(stride, plane - stride):
            side = row[np.uintp(s)]
            c = red_faces(faces, load_red.size, base + s, stride, plane, side)
            flow = weigh(c, ring, where, s, stride, side) - total(c) * red[np.uintp(base + s)]
            lacking[np.uintp(s)] += load_red[np.uintp(base + s)] + flow
        if k == end - 1 or (k + 1) % block_z == 0:
            store_plane(lacking, ny, m, below, k // block_z)
            lacking[:] = 0


@kernel
def prolong(
    faces: Floats,
    load_red: Floats,
    load_black: Floats,
    red: Floats,
    sides: Codes,
    grid: Grid,
    below: Blocks,
    new_red: Floats,
    new_black: Floats,
    keeps_black: bool,
    first: int,
    last: int,
) -> None:
    """Add the coarse correction to red, relax black, then red into ``new_red``.

    Black is stored only where ``keeps_black``: another visit to the grid would not read it.
    """
    nz, ny, m, _, _ = grid
    plane = (ny + 2) * (m + 2)
    raised = np.zeros(3 * plane, np.float32)
    ring = np.zeros(3 * plane, np.float32)
    for i in range(first - 2, last + 2):
        to = (i + 3) % 3 * plane
        if 0 <= i < nz:
            load_plane(raised, to, ny, m, below, i)
            base = (i + 1) * plane
            for s in range(plane):
                raised[np.uintp(to + s)] += red[np.uintp(base + s)]
            wrap_plane(raised, to, grid)
        else:
            raised[to : to + plane] = 0
        b = i - 1
        if b < first - 1:
            continue
        to = (b + 3) % 3 * plane
        if 0 <= b < nz:
            where = planes_in_ring(b, plane)
            relax_black(faces, load_black, b, sides, raised, where, ring, to, grid)
            if keeps_black and first <= b < last:
                new_black[(b + 1) * plane : (b + 2) * plane] = ring[to : to + plane]
        else:
            ring[to : to + plane] = 0
        k = i - 2
        if k >= first:
            where = planes_in_ring(k, plane)
            relax_red(faces, load_red, k, sides, ring, where, new_red, grid)


@kernel
def store_plane(values: Floats, ny: int, m: int, below: Blocks, bi: Index) -> None:
    """Sum a plane's rows and slots over blocks and deal them out to the coarse colours.

    The last block of a row or column takes what is left.
    """
    red, black, coarse, n_blocks, _, block_y = below
    line = np.empty(m, np.float32)
    for bj in range(coarse[1]):
        line[:] = 0
        for j in range(bj * block_y, ny if bj == coarse[1] - 1 else (bj + 1) * block_y):
            row = (j + 1) * (m + 2) + 1
            for s in range(m):
                line[np.uintp(s)] += values[np.uintp(row + s)]
        to = ((bi + 1) * (coarse[1] + 2) + bj + 1) * (coarse[2] + 2) + 1
        even, odd = (red, black) if (bi + bj) % 2 == 0 else (black, red)
        for extra in range(n_blocks, m):
            line[n_blocks - 1] += line[extra]
        for s in range(n_blocks // 2):
            even[np.uintp(to + s)] = line[np.uintp(2 * s)]
            odd[np.uintp(to + s)] = line[np.uintp(2 * s + 1)]
        if n_blocks % 2:
            even[to + n_blocks // 2] = line[n_blocks - 1]


@kernel
def load_plane(values: Floats, to: Index, ny: int, m: int, below: Blocks, i: Index) -> None:
    """Write the blocks' values of plane ``i`` to every slot of the plane that begins at ``to``."""
    red, black, coarse, n_blocks, block_z, block_y = below
    bi = i // block_z
    before = -1
    for j in range(ny):
        row = to + (j + 1) * (m + 2) + 1
        bj = min(j // block_y, coarse[1] - 1)
        if bj == before:
            for s in range(m):
                values[np.uintp(row + s)] = values[np.uintp(row - m - 2 + s)]
            continue
        before = bj
        at = ((bi + 1) * (coarse[1] + 2) + bj + 1) * (coarse[2] + 2) + 1
        even, odd = (red, black) if (bi + bj) % 2 == 0 else (black, red)
        for s in range(n_blocks // 2):
            values[np.uintp(row + 2 * s)] = even[np.uintp(at + s)]
            values[np.uintp(row + 2 * s + 1)] = odd[np.uintp(at + s)]
        if n_blocks % 2:
            values[row + n_blocks - 1] = even[at + n_blocks // 2]
        for extra in range(n_blocks, m):
            values[row + extra] = values[row + n_blocks - 1]
