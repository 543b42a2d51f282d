"""The voxel layout of the solver: two colours, each packed and padded, so that loops vectorise.

A voxel (i, j, k) is red where i + j + k is even. Neighbours always differ in colour. Each colour
is a flat array of ``(nz + 2) x (ny + 2) x (m + 2)`` with m = ceil(nx / 2): a voxel sits in slot
k // 2 of its row, one ghost around everything. The neighbours of a slot are the same slot of the
rows above, below, before and behind, and in its own row the same slot and slot + o, where o = +1
for odd k and -1 for even k.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.properties.compiled import Codes, Integers, Labels, kernel


@dataclass(frozen=True)
class Layout:
    """Sizes of one checkerboard grid, its face weights and which sides are periodic."""

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
    def stride(self) -> int:
        """Return the length of a padded row."""
        return self.slots + 2

    @property
    def plane(self) -> int:
        """Return the length of a padded plane."""
        return (self.ny + 2) * self.stride

    @property
    def size(self) -> int:
        """Return the length of one colour's flat array."""
        return (self.nz + 2) * self.plane

    def zeros(self) -> NDArray[np.float32]:
        """Return one colour's values, zero, ghosts included."""
        return np.zeros(self.size, np.float32)


@kernel
def wrap(
    values: NDArray[np.generic],
    ny: int,
    m: int,
    wrap_y: bool,
    wrap_x: bool,
    first: int,
    last: int,
) -> None:
    """Fill the ghosts of periodic sides in planes ``first`` to ``last`` (interior numbering)."""
    stride = m + 2
    plane = (ny + 2) * stride
    for i in range(first, last):
        base = (i + 1) * plane
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
def join(
    red: NDArray[np.float32],
    black: NDArray[np.float32],
    dense: NDArray[np.float32],
    first: int,
    last: int,
) -> None:
    """Write both colours into planes ``first`` to ``last`` of an ordinary z y x array."""
    _, ny, nx = dense.shape
    stride = (nx + 1) // 2 + 2
    plane = (ny + 2) * stride
    for i in range(first, last):
        for j in range(ny):
            row = (i + 1) * plane + (j + 1) * stride + 1
            for k in range(nx):
                colour = red if (i + j + k) % 2 == 0 else black
                dense[i, j, k] = colour[row + k // 2]


@kernel
def paint(
    labels: Labels,
    row_start: Integers,
    span: Integers,
    touches: Codes,
    value_of_label: NDArray[np.generic],
    red: NDArray[np.generic],
    black: NDArray[np.generic],
    first: int,
    last: int,
) -> None:
    """Write the value of every voxel that is connected to both ends into its colour's array."""
    _, ny, nx = labels.shape
    stride = (nx + 1) // 2 + 2
    plane = (ny + 2) * stride
    for i in range(first, last):
        for j in range(ny):
            row = (i + 1) * plane + (j + 1) * stride + 1
            even, odd = (red, black) if (i + j) % 2 == 0 else (black, red)
            for run in range(row_start[i * ny + j], row_start[i * ny + j + 1]):
                if touches[run] == 3:
                    for k in range(span[run, 0], span[run, 1]):
                        value = value_of_label[labels[i, j, k]]
                        if k % 2 == 0:
                            even[row + k // 2] = value
                        else:
                            odd[row + k // 2] = value
