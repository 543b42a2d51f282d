"""Minkowski functionals per volume of each phase, from the image's 2 x 2 x 2 configurations.

After Ohser & Mücklich (2000): the Euler number is that of the complex of voxel centres joined by
faces (the paths that transport takes); the integral of mean curvature is 2π times the mean breadth,
which Crofton's formula gives from the Euler numbers of plane sections across the 13 directions of
the lattice, weighted by the solid angle each stands for. The surface comes from ``interface_area``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from simulators.properties.compiled import Codes, Integers, kernel
from simulators.properties.slabs import available_cores, run_slabs

_Corner = tuple[int, ...]
"""Corner (z, y, x) of a cell; it is bit 4x + 2z + y of the configuration's number."""


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
    euler = _euler_weights()
    breadth = _breadth_weights(edge_m)
    fraction = np.bincount(contiguous.reshape(-1), minlength=n_phases) / labels.size
    found = []
    for phase in range(n_phases):
        share = counts[phase] / counts[phase].sum()
        found.append(
            Minkowski(
                volume_fraction=float(fraction[phase]),
                mean_curvature_per_m2=2 * np.pi * float(share @ breadth) / voxel_m3,
                euler_number_per_m3=float(share @ euler) / voxel_m3,
            )
        )
    return found


def _euler_weights() -> NDArray[np.float64]:
    """Return each configuration's part of the Euler number, V − E + F − C.

    A corner belongs to 8 cells, an edge to 4, a face to 2.
    """
    euler = np.zeros(256)
    for number in range(256):
        cell = _cell(number)
        edges = sum(int((np.take(cell, 0, a) & np.take(cell, 1, a)).sum()) for a in range(3))
        faces = sum(int(np.take(cell, side, a).all()) for a in range(3) for side in (0, 1))
        euler[number] = cell.sum() / 8 - edges / 4 + faces / 2 - cell.all()
    return euler


def _breadth_weights(edge_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each configuration's part of the mean breadth: Σ weight · spacing · section's Euler.

    Sections along the axes and face diagonals consist of rectangles, along the space diagonals of
    triangles; a cell owns one rectangle, or two triangles, of each family of planes.
    """
    families = [*_rectangles(), *_triangles()]
    normals = []
    spacings_m = []
    for polygons in families:
        corner = np.array(polygons[0]) * edge_m
        across = np.cross(corner[1] - corner[0], corner[-1] - corner[0])
        normals.append(across / np.linalg.norm(across))
        spacings_m.append(np.prod(edge_m) / np.linalg.norm(across))
    weight = _solid_angle_shares(np.array(normals))
    breadth = np.zeros(256)
    for number in range(256):
        cell = _cell(number)
        for polygons, share, spacing_m in zip(families, weight, spacings_m, strict=True):
            sections = sum(_section_euler([bool(cell[c]) for c in p]) for p in polygons)
            breadth[number] += share * spacing_m * sections
    return breadth


def _section_euler(corner: list[bool]) -> float:
    """Return a polygon's part of its section's Euler number; corners in cyclic order.

    Rectangles join diagonal corners half of the time, so that a phase and its complement have
    opposite breadth; triangles leave no choice.
    """
    n = len(corner)
    sides = sum(corner[i] and corner[(i + 1) % n] for i in range(n))
    is_diagonal = n == 4 and sum(corner) == 2 and sides == 0
    per_corner = 4 if n == 4 else 6
    return sum(corner) / per_corner - sides / 2 + all(corner) - 0.5 * is_diagonal


def _rectangles() -> list[list[list[_Corner]]]:
    """Return 9 families of one rectangle each: 3 across the axes, 6 across face diagonals."""
    families = []
    for axis in range(3):
        b, c = (a for a in range(3) if a != axis)
        square = [(0, 0), (1, 0), (1, 1), (0, 1)]
        families.append([[_corner({b: i, c: j}) for i, j in square]])
        for flip in (0, 1):
            families.append([[_corner({axis: i, b: j, c: j ^ flip}) for i, j in square]])
    return families


def _triangles() -> list[list[list[_Corner]]]:
    """Return 4 families of two triangles each: corners one, and two, edges away from a corner."""
    families = []
    for start in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)):
        near = [tuple(v ^ (a == axis) for a, v in enumerate(start)) for axis in range(3)]
        far = [tuple(v ^ (a != axis) for a, v in enumerate(start)) for axis in range(3)]
        families.append([near, far])
    return families


def _solid_angle_shares(normals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of directions that are nearest to each normal, by 20,000 even directions."""
    n = 20_000
    height = (np.arange(n) + 0.5) / n
    turn = np.arange(n) * np.pi * (3 - np.sqrt(5))
    flat = np.sqrt(1 - height**2)
    directions = np.stack([height, flat * np.cos(turn), flat * np.sin(turn)], axis=1)
    nearest = np.argmax(np.abs(directions @ normals.T), axis=1)
    return np.bincount(nearest, minlength=normals.shape[0]) / n


def _cell(number: int) -> NDArray[np.bool_]:
    cell = np.zeros((2, 2, 2), bool)
    for z, y, x in product((0, 1), repeat=3):
        cell[z, y, x] = number >> (4 * x + 2 * z + y) & 1
    return cell


def _corner(coordinates: dict[int, int]) -> _Corner:
    return (coordinates.get(0, 0), coordinates.get(1, 0), coordinates.get(2, 0))


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
