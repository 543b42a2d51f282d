"""Lay the percolating part of a labelled structure out on the checkerboard."""

from __future__ import annotations

import numpy as np

from simulators.properties.compiled import Codes, Floats, Integers, Labels, kernel
from simulators.properties.conduction.checkerboard import Grid, split_row
from simulators.properties.percolation import BOTH


@kernel
def paint_flags(
    row_start: Integers,
    span: Integers,
    touches: Codes,
    red: Codes,
    black: Codes,
    ny: int,
    nx: int,
    first: int,
    last: int,
) -> None:
    """Set the flag of every voxel that is connected to both ends."""
    stride = (nx + 1) // 2 + 2
    plane = (ny + 2) * stride
    line = np.empty(nx, np.uint8)
    for i in range(first, last):
        for j in range(ny):
            line[:] = 0
            for run in range(row_start[i * ny + j], row_start[i * ny + j + 1]):
                if touches[run] == BOTH:
                    line[span[run, 0] : span[run, 1]] = 1
            at = (i + 1) * plane + (j + 1) * stride + 1
            even, odd = (red, black) if (i + j) % 2 == 0 else (black, red)
            split_row(line, even, odd, at, nx)


@kernel
def paint_resistances(
    labels: Labels,
    row_start: Integers,
    span: Integers,
    touches: Codes,
    rho_of_label: Floats,
    red: Floats,
    black: Floats,
    first: int,
    last: int,
) -> None:
    """Set the half-voxel resistance of every voxel, infinite where it takes no part."""
    _, ny, nx = labels.shape
    stride = (nx + 1) // 2 + 2
    plane = (ny + 2) * stride
    line = np.empty(nx, np.float32)
    for i in range(first, last):
        for j in range(ny):
            line[:] = np.inf
            for run in range(row_start[i * ny + j], row_start[i * ny + j + 1]):
                if touches[run] == BOTH:
                    for k in range(span[run, 0], span[run, 1]):
                        line[k] = rho_of_label[labels[i, j, k]]
            at = (i + 1) * plane + (j + 1) * stride + 1
            even, odd = (red, black) if (i + j) % 2 == 0 else (black, red)
            split_row(line, even, odd, at, nx)


@kernel
def count_neighbours(
    own: Codes,
    other: Codes,
    colour: int,
    degrees: Codes,
    grid: Grid,
    first: int,
    last: int,
) -> None:
    """Turn the flags of who conducts into degrees (see ``one_conductor``)."""
    nz, ny, m, _, _ = grid
    stride = m + 2
    plane = (ny + 2) * stride
    for i in range(first, last):
        ends = np.uint8(2 * (i == 0) + 2 * (i == nz - 1))
        for j in range(ny):
            row = (i + 1) * plane + (j + 1) * stride + 1
            side = 2 * ((i + j + colour) & 1) - 1
            for s in range(m):
                at = row + s
                degree = (
                    ends
                    + other[np.uintp(at - plane)]
                    + other[np.uintp(at + plane)]
                    + other[np.uintp(at - stride)]
                    + other[np.uintp(at + stride)]
                    + other[np.uintp(at)]
                    + other[np.uintp(at + side)]
                )
                degrees[np.uintp(at)] = own[np.uintp(at)] * degree
