"""Minkowski functionals per volume of each phase, from the image's 2 x 2 x 2 configurations.

After Ohser & Mücklich (2000): the Euler number is that of the complex of voxel centres joined by
faces (the paths that transport takes); the integral of mean curvature is 2π times the mean breadth,
which Crofton's formula gives from the Euler numbers of sections along the three axes. Exact on
average for isotropic structures. The surface comes from ``interface_area``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from simulators.properties.compiled import Codes, Integers, kernel
from simulators.properties.slabs import available_cores, run_slabs

_CORNERS = list(product((0, 1), repeat=3))
"""Corner (z, y, x) of bit 4x + 2z + y in a configuration number."""


@dataclass(frozen=True)
class Minkowski:
    """Densities of one phase."""

    volume_fraction: float
    mean_curvature_per_m2: float
    """∫ (κ₁ + κ₂)/2 dA per volume: 4πr per ball of radius r; negative around holes."""
    euler_number_per_m3: float
    """Bodies − tunnels + holes per volume."""


def minkowski_functionals(
    labels: NDArray[np.uint8],
    voxel_size_m: Sequence[float],
    *,
    n_phases: int,
    n_threads: int | None = None,
) -> list[Minkowski]:
    """Measure phases 0 … n_phases − 1; the image is taken as a window on a larger structure."""
    if min(labels.shape) < 2:
        raise ValueError("configurations need at least 2 voxels along every axis")
    contiguous = np.ascontiguousarray(labels)
    counts = np.sum(
        run_slabs(
            _count_configurations,
            labels.shape[0] - 1,
            n_threads or available_cores(),
            contiguous,
            n_phases,
        ),
        axis=0,
    )
    edge_m = np.asarray(voxel_size_m, dtype=np.float64)
    voxel_m3 = float(np.prod(edge_m))
    euler, sections = _weights()
    fraction = np.bincount(contiguous.reshape(-1), minlength=n_phases) / labels.size
    found = []
    for phase in range(n_phases):
        share = counts[phase] / counts[phase].sum()
        breadth_per_m2 = float(np.mean([share @ sections[a] * edge_m[a] for a in range(3)]))
        found.append(
            Minkowski(
                volume_fraction=float(fraction[phase]),
                mean_curvature_per_m2=2 * np.pi * breadth_per_m2 / voxel_m3,
                euler_number_per_m3=float(share @ euler) / voxel_m3,
            )
        )
    return found


def _weights() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return per configuration its part of the Euler number, and of the sections' across z, y, x.

    A corner belongs to 8 cells, an edge to 4, a face to 2. Sections average both ways to join
    diagonal neighbours, so that a phase and its complement have opposite curvature.
    """
    euler = np.zeros(256)
    sections = np.zeros((3, 256))
    for number in range(256):
        cell = np.zeros((2, 2, 2), bool)
        for z, y, x in _CORNERS:
            cell[z, y, x] = number >> (4 * x + 2 * z + y) & 1
        edges = sum(int((np.take(cell, 0, a) & np.take(cell, 1, a)).sum()) for a in range(3))
        faces = sum(int(np.take(cell, side, a).all()) for a in range(3) for side in (0, 1))
        euler[number] = cell.sum() / 8 - edges / 4 + faces / 2 - cell.all()
        for axis in range(3):
            section = np.take(cell, 0, axis)
            sides = int((section[0] & section[1]).sum() + (section[:, 0] & section[:, 1]).sum())
            is_diagonal = section.sum() == 2 and sides == 0
            sections[axis, number] = (
                section.sum() / 4 - sides / 2 + section.all() - 0.5 * is_diagonal
            )
    return euler, sections


@kernel
def _count_configurations(labels: Codes, n_phases: int, first: int, last: int) -> Integers:
    """Count 2 x 2 x 2 configurations per phase, of cells between planes first and last."""
    _, ny, nx = labels.shape
    counts = np.zeros((n_phases, 256), np.int64)
    for z in range(first, last):
        for y in range(ny - 1):
            a, b = labels[z, y], labels[z, y + 1]
            c, d = labels[z + 1, y], labels[z + 1, y + 1]
            for phase in range(n_phases):
                column = _column(a[0], b[0], c[0], d[0], phase)
                count = counts[phase]
                for x in range(1, nx):
                    following = _column(a[x], b[x], c[x], d[x], phase)
                    count[column | following << 4] += 1
                    column = following
    return counts


@kernel
def _column(a: int, b: int, c: int, d: int, phase: int) -> int:
    return (a == phase) | (b == phase) << 1 | (c == phase) << 2 | (d == phase) << 3
