"""Separate touching particles of a phase, and measure their sizes, contacts and overlap.

A watershed by flooding from the centres outwards: voxels join in order of falling distance to the
wall, and two particles that meet at a neck are one if the neck is nearly as wide as the smaller of
them (persistence, relative to the particle's radius).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from experiments.errors import Invalid
from simulators.properties.compiled import Floats, Integers, kernel
from simulators.properties.distance import squared_distance

NECK_RATIO: Final = 0.8
"""Two bodies are one particle if their neck's radius is at least this share of the smaller's
(assumed; equal spheres then count as two from a centre distance of 1.2 radii on)."""

NECK_SLACK_VOXELS: Final = 0.75
"""Depth of a neck that voxels alone can make (assumed: a little above half a voxel)."""

FLOODED_VOXELS: Final = 2_000_000

_LEVELS_PER_VOXEL: Final = 16


@dataclass(frozen=True)
class Particles:
    """Particles of one phase; rows of all columns belong together."""

    index: NDArray[np.int32]
    """`z x y x x`: 0 outside the phase, else the particle's number from 1."""
    stride: int
    """Voxels of the image per voxel of ``index``, along each axis."""
    volume_m3: NDArray[np.float64]
    is_whole: NDArray[np.bool_]
    """The particle does not touch the image's border."""
    weight: NDArray[np.float64]
    """One over the chance of a particle of this extent to lie whole in the image (Miles 1974;
    Lantuéjoul 1980); 0 for cut particles."""
    n_contacts: NDArray[np.int64]
    """Coordination: how many other particles share a neck with this one."""
    neck_ratio: NDArray[np.float64]
    """Per contact: area of the shared neck over the smaller particle's great circle."""

    @property
    def equivalent_radius_m(self) -> NDArray[np.float64]:
        """Return the radius of the ball with each particle's volume."""
        return np.cbrt(self.volume_m3 * (0.75 / np.pi))

    @property
    def counting_weight(self) -> NDArray[np.float64]:
        """Return ``weight``, or 1 for all where fewer than five particles are whole."""
        return self.weight if np.count_nonzero(self.weight) >= 5 else np.ones(self.weight.size)

    @property
    def mean_radius_m(self) -> float:
        """Return the volume-weighted mean equivalent radius."""
        share = self.counting_weight * self.volume_m3
        return float(np.sum(share * self.equivalent_radius_m) / share.sum())


def separate_particles(
    mask: NDArray[np.bool_], voxel_size_m: Sequence[float], *, n_threads: int | None = None
) -> Particles:
    """Separate the phase that fills mask into particles.

    Distances are exact; above about two million voxels the flooding visits every second, third, …
    voxel along each axis. Raises ``Invalid`` for an empty phase and for one without walls.
    """
    if not mask.any() or mask.all():
        raise Invalid("particles: the phase is empty or fills the image")
    unit = float(np.min(voxel_size_m))
    spacing = np.asarray(voxel_size_m, dtype=np.float64) / unit
    square = squared_distance(mask, tuple(spacing), n_threads=n_threads)
    stride = max(1, round((mask.size / FLOODED_VOXELS) ** (1 / 3)))
    every = (slice(stride // 2, None, stride),) * 3
    radius = np.sqrt(np.ascontiguousarray(square[every]))
    order = _by_falling_radius(radius)
    parent = _flood(radius.reshape(-1), order, np.array(radius.shape))
    index = _number(parent, order).reshape(radius.shape)
    n = int(index.max())
    volume, low, high = _extents(index, n)
    shape: NDArray[np.int64] = np.array(index.shape)
    is_whole = np.all(low > 0, axis=1) & np.all(high < shape - 1, axis=1)
    inner = np.maximum(shape - 2.0, 1.0)  # nothing is whole in an image of two voxels
    chance = np.prod(np.clip((shape - (high - low) - 2) / inner, 0.0, 1.0), axis=1)
    weight = np.where(is_whole & (chance > 0), 1.0 / np.where(chance > 0, chance, 1.0), 0.0)
    volume_m3 = volume.astype(np.float64) * np.prod(spacing * stride * unit)
    pair, neck_m2 = _necks(index, mask, stride, spacing * stride * unit)
    radius_m = np.cbrt(volume_m3 * (0.75 / np.pi))
    smaller_m = np.minimum(radius_m[pair[:, 0] - 1], radius_m[pair[:, 1] - 1])
    return Particles(
        index=index,
        stride=stride,
        volume_m3=volume_m3,
        is_whole=is_whole,
        weight=weight,
        n_contacts=np.bincount(pair.reshape(-1) - 1, minlength=n),
        neck_ratio=neck_m2 / (np.pi * smaller_m**2),
    )


def _necks(
    index: NDArray[np.int32], mask: NDArray[np.bool_], stride: int, edge_m: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the pairs of touching particles and the areas of their necks in m².

    The vector sum of a flat neck's faces is its area times its normal, so no staircase is counted.
    """
    keys, counts = [], []
    width = int(index.max()) + 1
    for axis in range(3):
        a, b = np.moveaxis(index, axis, 0)[:-1], np.moveaxis(index, axis, 0)[1:]
        touch = (a != b) & (a > 0) & (b > 0)
        for step in range(1, stride):  # nothing foreign may lie between the visited voxels
            touch &= _between(mask, stride, axis, step)
        low = np.minimum(a[touch], b[touch]).astype(np.int64)
        high = np.maximum(a[touch], b[touch]).astype(np.int64)
        key, where = np.unique(low * width + high, return_inverse=True)
        keys.append(key)
        sign = np.where(a[touch] < b[touch], 1.0, -1.0)
        counts.append(np.bincount(where, weights=sign, minlength=key.size))
    pairs = np.unique(np.concatenate(keys))
    area_m2 = np.zeros((pairs.size, 3))
    for axis in range(3):
        area_m2[np.searchsorted(pairs, keys[axis]), axis] = counts[axis]
    area_m2 *= np.prod(edge_m) / edge_m
    return np.stack([pairs // width, pairs % width], axis=1), np.sqrt((area_m2**2).sum(axis=1))


def _between(mask: NDArray[np.bool_], stride: int, axis: int, step: int) -> NDArray[np.bool_]:
    """Return the mask a few voxels further along axis than each visited voxel but the last."""
    first = stride // 2
    where = [slice(first, None, stride)] * 3
    where[axis] = slice(first + step, None, stride)
    n = len(range(first, mask.shape[axis], stride)) - 1
    return np.moveaxis(mask[tuple(where)], axis, 0)[:n]


def _by_falling_radius(radius: Floats) -> NDArray[np.int64]:
    """Return the numbers of voxels inside, from the farthest from the wall to the nearest."""
    inside = np.flatnonzero(radius)
    level = (radius.reshape(-1)[inside] * _LEVELS_PER_VOXEL).astype(np.uint16)
    return inside[np.argsort(level, kind="stable")[::-1]]


@kernel
def _root(parent: Integers, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@kernel
def _flood(radius: Floats, order: Integers, shape: Integers) -> NDArray[np.int32]:
    """Join voxels to particles; ``parent`` forms one tree per particle, −1 outside."""
    nz, ny, nx = shape
    parent = np.full(nz * ny * nx, -1, np.int32)
    peak = radius  # at a root: the particle's largest radius, since roots join first
    for i in order:
        z, rest = divmod(i, ny * nx)
        y, x = divmod(rest, nx)
        parent[i] = i
        uphill = i
        for a in range(max(z - 1, 0), min(z + 2, nz)):
            for b in range(max(y - 1, 0), min(y + 2, ny)):
                for c in range(max(x - 1, 0), min(x + 2, nx)):
                    j = (a * ny + b) * nx + c
                    if j != i and parent[j] >= 0 and (uphill == i or radius[j] > radius[uphill]):
                        uphill = j
        if uphill == i:
            continue
        own = _root(parent, uphill)
        parent[i] = own
        for a in range(max(z - 1, 0), min(z + 2, nz)):
            for b in range(max(y - 1, 0), min(y + 2, ny)):
                for c in range(max(x - 1, 0), min(x + 2, nx)):
                    j = (a * ny + b) * nx + c
                    if parent[j] < 0:
                        continue
                    other = _root(parent, j)
                    if other == own:
                        continue
                    small, large = (other, own) if peak[other] < peak[own] else (own, other)
                    if (
                        radius[i] >= NECK_RATIO * peak[small]
                        or radius[i] >= peak[small] - NECK_SLACK_VOXELS
                    ):
                        parent[small] = large
                        own = large
    return parent


@kernel
def _number(parent: Integers, order: Integers) -> NDArray[np.int32]:
    """Replace trees by particle numbers from 1, roots in order of falling radius."""
    index = np.zeros(parent.size, np.int32)
    n = 0
    for i in order:
        root = _root(parent, i)
        if index[root] == 0:
            n += 1
            index[root] = n
        index[i] = index[root]
    return index


@kernel
def _extents(
    index: Integers, n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return voxel counts, and lowest and highest coordinates, per particle."""
    volume = np.zeros(n, np.int64)
    low = np.full((n, 3), 1 << 30, np.int64)
    high = np.full((n, 3), -1, np.int64)
    for z in range(index.shape[0]):
        for y in range(index.shape[1]):
            for x in range(index.shape[2]):
                i = index[z, y, x] - 1
                if i < 0:
                    continue
                volume[i] += 1
                low[i, 0], high[i, 0] = min(low[i, 0], z), max(high[i, 0], z)
                low[i, 1], high[i, 1] = min(low[i, 1], y), max(high[i, 1], y)
                low[i, 2], high[i, 2] = min(low[i, 2], x), max(high[i, 2], x)
    return volume, low, high
