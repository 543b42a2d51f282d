"""The voxel layout of the solver: two colours, each packed and padded, so that loops vectorise.

A voxel (i, j, k) is red where i + j + k is even. Neighbours always differ in colour. Each colour
is a flat array of ``(nz + 2) x (ny + 2) x (m + 2)`` with m = ceil(nx / 2): a voxel sits in slot
k // 2 of its row, one ghost around everything. The neighbours of a slot are the same slot of the
rows above, below, before and behind, and in its own row the same slot and the next one (odd k) or
the one before (even k); ``sides`` tells which. Sweeps run over whole planes at a time, ghosts and
all, and keep what they make on the way in a ring of three planes of this shape.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.properties.compiled import Codes, Floats, Index, Reals, kernel

Grid = tuple[int, int, int, bool, bool]
"""Planes, rows, slots, whether y and x are periodic: what every sweep needs to know."""
GHOST, LEFTWARD, RIGHTWARD = 0, 1, 2
"""What ``sides`` holds for a slot: no voxel, or where its second neighbour in the row is."""


@dataclass(frozen=True)
class Layout:
    """Sizes of one checkerboard grid and which of its sides are periodic (then of even length)."""

    nz: int
    ny: int
    nx: int
    is_periodic_y: bool = False
    is_periodic_x: bool = False

    @property
    def slots(self) -> int:
        """Return the voxels of one colour in a row."""
        return (self.nx + 1) // 2

    @property
    def plane(self) -> int:
        """Return the length of a padded plane."""
        return (self.ny + 2) * (self.slots + 2)

    @property
    def size(self) -> int:
        """Return the length of one colour's flat array."""
        return (self.nz + 2) * self.plane

    @property
    def is_periodic(self) -> bool:
        """Return whether any side has ghosts that must be refreshed."""
        return self.is_periodic_y or self.is_periodic_x

    @property
    def grid(self) -> Grid:
        """Return the tuple that sweeps take."""
        return (self.nz, self.ny, self.slots, self.is_periodic_y, self.is_periodic_x)

    def zeros(self) -> Floats:
        """Return one colour's values, zero, ghosts included."""
        return np.zeros(self.size, np.float32)

    def sides(self) -> Codes:
        """Return the sides of a plane's slots, for planes where i + colour is even, then odd."""
        rows = np.arange(self.ny)[:, None]
        sides = np.zeros((2, self.ny + 2, self.slots + 2), np.uint8)
        for odd in (0, 1):
            sides[odd, 1:-1, 1:-1] = np.where((rows + odd) % 2, RIGHTWARD, LEFTWARD)
        return sides.reshape(2, -1)


@kernel
def sum_slots(slots: Floats | Reals) -> float:
    """Return the sum of what a sweep gathered slot by slot, always in the same order."""
    total = 0.0
    for s in range(slots.size):
        total += np.float64(slots[s])
    return total


@kernel
def wrap_plane(values: NDArray[Any], base: Index, grid: Grid) -> None:
    """Fill the ghosts of periodic sides of the padded plane that starts at ``base``."""
    _, ny, m, wrap_y, wrap_x = grid
    stride = m + 2
    if wrap_x:
        for j in range(1, ny + 1):
            row = base + j * stride
            values[row] = values[row + m]
            values[row + m + 1] = values[row + 1]
    if wrap_y:
        for s in range(stride):
            values[base + s] = values[base + ny * stride + s]
            values[base + (ny + 1) * stride + s] = values[base + stride + s]


@kernel
def wrap_planes(values: NDArray[Any], grid: Grid, first: int, last: int) -> None:
    """Fill the ghosts of periodic sides in planes ``first`` to ``last`` (interior numbering)."""
    plane = (grid[1] + 2) * (grid[2] + 2)
    for i in range(first, last):
        wrap_plane(values, (i + 1) * plane, grid)


@kernel
def join_colours(red: Floats, black: Floats, dense: Floats, first: int, last: int) -> None:
    """Write both colours into planes ``first`` to ``last`` of an ordinary z y x array."""
    _, ny, nx = dense.shape
    stride = (nx + 1) // 2 + 2
    plane = (ny + 2) * stride
    for i in range(first, last):
        for j in range(ny):
            row = (i + 1) * plane + (j + 1) * stride + 1
            even, odd = (red, black) if (i + j) % 2 == 0 else (black, red)
            for k in range(nx):
                dense[i, j, k] = even[row + k // 2] if k % 2 == 0 else odd[row + k // 2]


@kernel
def split_row(row: NDArray[Any], even: NDArray[Any], odd: NDArray[Any], at: Index, nx: int) -> None:
    """Deal a row of ``nx`` values out to two colours' rows that begin at ``at``."""
    for s in range(nx // 2):
        even[np.uintp(at + s)] = row[np.uintp(2 * s)]
        odd[np.uintp(at + s)] = row[np.uintp(2 * s + 1)]
    if nx % 2:
        even[at + nx // 2] = row[nx - 1]


@kernel
def split_colours(dense: Floats, red: Floats, black: Floats, first: int, last: int) -> None:
    """Deal planes ``first`` to ``last`` of an ordinary z y x array out to both colours."""
    _, ny, nx = dense.shape
    stride = (nx + 1) // 2 + 2
    plane = (ny + 2) * stride
    for i in range(first, last):
        for j in range(ny):
            row = (i + 1) * plane + (j + 1) * stride + 1
            even, odd = (red, black) if (i + j) % 2 == 0 else (black, red)
            split_row(dense[i, j], even, odd, row, nx)
