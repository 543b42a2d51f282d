"""Relaxation on the coarser grids: solve one colour's equations given the other.

Faces are stored by their black voxel (``merged_faces``), so a red voxel finds its six at its
neighbours.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

import numpy as np

from simulators.properties.compiled import Codes, Floats, Index, Scalar, kernel
from simulators.properties.conduction.checkerboard import RIGHTWARD, Grid, wrap_plane

ZERO = np.float32(0)
Six = tuple[Scalar, Scalar, Scalar, Scalar, Scalar, Scalar]
Planes = tuple[Index, Index, Index]
"""Where the padded planes above, of and below a sweep's plane begin."""


@kernel
def planes_at(i: Index, plane: int) -> Planes:
    """Return where plane ``i`` and its neighbours are stored."""
    return (i * plane, (i + 1) * plane, (i + 2) * plane)


@kernel
def planes_in_ring(i: Index, plane: int) -> Planes:
    """Return where they are in a ring of three planes."""
    return ((i + 2) % 3 * plane, i % 3 * plane, (i + 1) % 3 * plane)


@kernel
def black_faces(faces: Floats, size: int, at: Index) -> Six:
    """Return the six faces of the black voxel at ``at``."""
    return (
        faces[np.uintp(at)],
        faces[np.uintp(size + at)],
        faces[np.uintp(2 * size + at)],
        faces[np.uintp(3 * size + at)],
        faces[np.uintp(4 * size + at)],
        faces[np.uintp(5 * size + at)],
    )


@kernel
def red_faces(faces: Floats, size: int, at: Index, stride: int, plane: int, side: Index) -> Six:
    """Return the six faces of the red voxel at ``at``."""
    left = faces[np.uintp(5 * size + at - 1)]
    right = faces[np.uintp(5 * size + at + 1)]
    return (
        faces[np.uintp(size + at - plane)],
        faces[np.uintp(at + plane)],
        faces[np.uintp(3 * size + at - stride)],
        faces[np.uintp(2 * size + at + stride)],
        faces[np.uintp(4 * size + at)],
        right if side == RIGHTWARD else left,
    )


@kernel
def weigh(c: Six, x: Floats, where: Planes, s: Index, stride: int, side: Index) -> Scalar:
    """Return the sum of faces times neighbours of slot ``s`` of a plane."""
    up, here, down = where
    left = x[np.uintp(here + s - 1)]
    right = x[np.uintp(here + s + 1)]
    beside = right if side == RIGHTWARD else left
    return (
        c[0] * x[np.uintp(up + s)]
        + c[1] * x[np.uintp(down + s)]
        + c[2] * x[np.uintp(here + s - stride)]
        + c[3] * x[np.uintp(here + s + stride)]
        + c[4] * x[np.uintp(here + s)]
        + c[5] * beside
    )


@kernel
def total(c: Six) -> Scalar:
    """Return the sum of six faces."""
    return (c[0] + c[1]) + (c[2] + c[3]) + (c[4] + c[5])


@kernel
def relax_black(
    faces: Floats,
    load: Floats,
    i: Index,
    sides: Codes,
    x: Floats,
    where: Planes,
    target: Floats,
    to: Index,
    grid: Grid,
) -> None:
    """Solve black plane ``i``, given red ``x``, into the plane of ``target`` that begins at ``to``.

    Ghosts have no faces, so they get 0; those of periodic sides are filled at the end.
    """
    stride = grid[2] + 2
    plane = (grid[1] + 2) * stride
    base = (i + 1) * plane
    row = sides[(i + 1) & 1]
    for s in range(stride, plane - stride):
        c = black_faces(faces, load.size, base + s)
        degree = total(c)
        value = (
            load[np.uintp(base + s)] + weigh(c, x, where, s, stride, row[np.uintp(s)])
        ) / degree
        target[np.uintp(to + s)] = value if degree > 0 else ZERO
    wrap_plane(target, to, grid)


@kernel
def relax_red(
    faces: Floats,
    load: Floats,
    i: Index,
    sides: Codes,
    x: Floats,
    where: Planes,
    target: Floats,
    grid: Grid,
) -> None:
    """Solve red plane ``i``, given black ``x``."""
    stride = grid[2] + 2
    plane = (grid[1] + 2) * stride
    base = (i + 1) * plane
    row = sides[i & 1]
    for s in range(stride, plane - stride):
        side = row[np.uintp(s)]
        c = red_faces(faces, load.size, base + s, stride, plane, side)
        degree = total(c)
        value = (load[np.uintp(base + s)] + weigh(c, x, where, s, stride, side)) / degree
        target[np.uintp(base + s)] = value if (degree > 0) & (side > 0) else ZERO
    wrap_plane(target, base, grid)


@kernel
def begin(
    faces: Floats, load: Floats, red: Floats, sides: Codes, grid: Grid, first: int, last: int
) -> None:
    """Solve red voxels against black = 0."""
    stride = grid[2] + 2
    plane = (grid[1] + 2) * stride
    for i in range(first, last):
        base = (i + 1) * plane
        row = sides[i & 1]
        for s in range(stride, plane - stride):
            side = row[np.uintp(s)]
            degree = total(red_faces(faces, load.size, base + s, stride, plane, side))
            value = load[np.uintp(base + s)] / degree
            red[np.uintp(base + s)] = value if (degree > 0) & (side > 0) else ZERO
        wrap_plane(red, base, grid)


@kernel
def settle(
    faces: Floats,
    load_red: Floats,
    load_black: Floats,
    red: Floats,
    black: Floats,
    sides: Codes,
    grid: Grid,
    n_sweeps: int,
) -> None:
    """Relax the coarsest grid after ``begin``: black and red in turn."""
    plane = (grid[1] + 2) * (grid[2] + 2)
    for _ in range(n_sweeps):
        for i in range(grid[0]):
            where = planes_at(i, plane)
            relax_black(faces, load_black, i, sides, red, where, black, where[1], grid)
        for i in range(grid[0]):
            relax_red(faces, load_red, i, sides, black, planes_at(i, plane), red, grid)
