"""Continuous size distribution of a phase: which share of it balls of a given radius can cover.

Münch & Holzer (2008, J. Am. Ceram. Soc. 91, 4059) define the continuous pore-size distribution by
opening: a voxel belongs to the largest ball that covers it and stays inside the phase. The same
measure on a solid phase gives its continuous particle-size distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulators.properties.compiled import Flags, Floats, Integers, Reals, kernel
from simulators.properties.distance import squared_distance
from simulators.properties.slabs import available_cores, run_slabs

RADIUS_STEP: Final = 0.05
"""Where very many balls have nearly the same radius they are opened as a class this wide (or half
a voxel) with the class's mean radius; all others are painted one by one."""

SAMPLED_POINTS: Final = 500_000
"""The covering radius is evaluated, exactly, at about so many points spread over the image; an
image of up to 90³ voxels at all of its voxels."""

OFF_CENTRE_VOXELS: Final = 0.25
"""Radii are centre-to-centre distances less this: the wall is half a voxel nearer than the centre
of the foreign voxel, and the largest ball's centre lies a quarter of a voxel off the lattice on
average (slabs of odd and even width: 0.5 and 0)."""

INCLUSION_SLACK: Final = 0.2
"""Voxels by which a ball may stick out of a neighbour's ball and still be left out."""

SWEEP_COST_VOXELS: Final = 30.0
"""A distance sweep costs as much as painting so many voxels per voxel of the image (measured);
matters for speed only."""


@dataclass(frozen=True)
class SizeDistribution:
    """Volume shares by radius; empty where the phase has no wall to be measured against."""

    radius_m: NDArray[np.float64]
    """Ascending radii that occur."""
    volume_share: NDArray[np.float64]
    """Share of the phase's volume at each radius; sums to 1."""

    @property
    def mean_radius_m(self) -> float | None:
        """Return the volume-weighted mean radius."""
        return float(np.sum(self.radius_m * self.volume_share)) if self.radius_m.size else None

    def quantile_m(self, share: float) -> float | None:
        """Return the radius below which that share of the volume lies (0.5: Holzer's r50)."""
        if not self.radius_m.size:
            return None
        cumulative = np.cumsum(self.volume_share) - 0.5 * self.volume_share
        return float(np.interp(share, cumulative, self.radius_m))


def continuous_size_distribution(
    mask: NDArray[np.bool_], voxel_size_m: Sequence[float], *, n_threads: int | None = None
) -> SizeDistribution:
    """Measure the size distribution of the phase that fills mask; the image's border is no wall."""
    n_threads = n_threads or available_cores()
    if not mask.any() or mask.all():
        return SizeDistribution(np.empty(0), np.empty(0))
    unit = float(np.min(voxel_size_m))
    spacing = np.asarray(voxel_size_m, dtype=np.float64) / unit
    radius = squared_distance(mask, tuple(spacing), n_threads=n_threads)
    np.sqrt(radius, out=radius)
    sample = _sample_coordinates(mask.shape)
    covering = _covering_radius(radius, sample, spacing, n_threads)
    found, count = np.unique(covering[covering > 0], return_counts=True)
    return SizeDistribution(
        (found.astype(np.float64) - OFF_CENTRE_VOXELS) * unit, count / max(int(count.sum()), 1)
    )


def _sample_coordinates(shape: tuple[int, ...]) -> tuple[NDArray[np.int64], ...]:
    """Return per axis the ascending coordinates to evaluate: one, at random, in every stride."""
    stride = max(1, round((np.prod(shape, dtype=float) / SAMPLED_POINTS) ** (1 / 3)))
    rng = np.random.default_rng(0)
    return tuple(
        np.minimum(starts + rng.integers(0, stride, starts.size), n - 1)
        for n in shape
        for starts in (np.arange(0, n, stride),)
    )


def _covering_radius(
    radius: Floats, sample: tuple[NDArray[np.int64], ...], spacing: Reals, n_threads: int
) -> Floats:
    """Return at the sample points the radius of the largest ball inside the phase over them."""
    covering = radius[np.ix_(*sample)]
    nz = radius.shape[0]
    steps, excess = _neighbours(spacing)
    centres = np.concatenate(run_slabs(_ridge_centres, nz, n_threads, radius, steps, excess))
    at_centre = radius[tuple(centres.T)]
    is_painted = np.ones(at_centre.size, np.bool_)
    density = covering.size / radius.size
    for is_member in _large_classes(at_centre * density ** (1 / 3), float(radius.size)):
        _open_by_distance(covering, radius, centres[is_member], sample, spacing)
        is_painted &= ~is_member
    first_at = [
        np.searchsorted(points, np.arange(n + 1))
        for points, n in zip(sample, radius.shape, strict=True)
    ]
    painted = centres[is_painted]
    run_slabs(
        _paint_balls,
        len(sample[0]),
        n_threads,
        covering,
        radius,
        painted,
        *sample[:2],
        *first_at,
        spacing,
    )
    return covering


def _large_classes(radius: Floats, box: float) -> list[Flags]:
    """Find the classes of radius that a distance sweep opens faster than painting would."""
    found = []
    high = float(radius.max(initial=0.0))
    while high > 1.0:
        low = min(high / (1.0 + RADIUS_STEP), high - 0.5)
        is_member = (radius > low) & (radius <= high)
        if float(np.count_nonzero(is_member)) * 4.2 * high**3 > SWEEP_COST_VOXELS * box:
            found.append(is_member)
        high = low
    return found


def _open_by_distance(
    covering: Floats,
    radius: Floats,
    centres: Integers,
    sample: tuple[NDArray[np.int64], ...],
    spacing: Reals,
) -> None:
    """Cover everything within reach of the class's centres with the class's mean radius."""
    is_elsewhere = np.ones(radius.shape, np.bool_)
    is_elsewhere[tuple(centres.T)] = False
    mean = np.float32(radius[tuple(centres.T)].mean(dtype=np.float64))
    square = squared_distance(is_elsewhere, tuple(spacing), reach=float(mean))
    is_reached = square[np.ix_(*sample)] < mean**2
    covering[is_reached & (covering < mean) & (covering > 0)] = mean


def _neighbours(spacing: Reals) -> tuple[NDArray[np.int64], Floats]:
    """Return the 26 steps to neighbours, nearest first, and how much larger their balls must be."""
    steps = np.array([s for s in product((-1, 0, 1), repeat=3) if any(s)], np.int64)
    length = np.sqrt(((steps * spacing) ** 2).sum(axis=1))
    order = np.argsort(length, kind="stable")
    return steps[order], (length[order] - INCLUSION_SLACK).astype(np.float32)


@kernel
def _ridge_centres(
    radius: Floats, steps: Integers, excess: Floats, first: int, last: int
) -> NDArray[np.int32]:
    """List voxels whose ball lies in no neighbour's ball (within a slack), in image order."""
    nz, ny, nx = radius.shape
    found = np.empty((1024, 3), np.int32)
    n = 0
    for z in range(first, last):
        for y in range(ny):
            for x in range(nx):
                r = radius[z, y, x]
                if r == 0:
                    continue
                is_ridge = True
                for k in range(26):
                    a, b, c = z + steps[k, 0], y + steps[k, 1], x + steps[k, 2]
                    is_inside = 0 <= a < nz and 0 <= b < ny and 0 <= c < nx
                    if is_inside and radius[a, b, c] >= r + excess[k]:
                        is_ridge = False
                        break
                if not is_ridge:
                    continue
                if n == found.shape[0]:
                    grown = np.empty((2 * n, 3), np.int32)
                    grown[:n] = found
                    found = grown
                found[n, 0], found[n, 1], found[n, 2] = z, y, x
                n += 1
    return found[:n]


@kernel
def _paint_balls(
    covering: Floats,
    radius: Floats,
    centres: Integers,
    zs: Integers,
    ys: Integers,
    first_z: Integers,
    first_y: Integers,
    first_x: Integers,
    spacing: Reals,
    first: int,
    last: int,
) -> None:
    """Raise covering to each centre's radius within its ball, in sample planes first … last − 1.

    ``first_z[i]`` is the first sample plane at coordinate i or beyond.
    """
    nz, ny, nx = radius.shape
    for i in range(centres.shape[0]):
        cz, cy, cx = centres[i, 0], centres[i, 1], centres[i, 2]
        r = radius[cz, cy, cx]
        square = r * r - 1e-4
        reach = int(r / spacing[0])
        for a in range(
            max(first, first_z[max(0, cz - reach)]), min(last, first_z[min(nz, cz + reach + 1)])
        ):
            left_z = square - ((zs[a] - cz) * spacing[0]) ** 2
            if left_z <= 0:
                continue
            reach_y = int(np.sqrt(left_z) / spacing[1])
            for b in range(first_y[max(0, cy - reach_y)], first_y[min(ny, cy + reach_y + 1)]):
                left = left_z - ((ys[b] - cy) * spacing[1]) ** 2
                if left <= 0:
                    continue
                reach_x = int(np.sqrt(left) / spacing[2])
                row = covering[a, b]
                for c in range(first_x[max(0, cx - reach_x)], first_x[min(nx, cx + reach_x + 1)]):
                    row[c] = r if r > row[c] else row[c]
