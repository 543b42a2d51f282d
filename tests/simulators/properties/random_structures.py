"""Random conduction problems of every kind the solver must certify: shapes, contrasts, sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

LARGEST_EDGE = 15
CONTRAST_DECADES = 4.0


@dataclass(frozen=True)
class Problem:
    labels: np.ndarray
    conductivity: dict[int, float]
    axis: int
    voxel_size_m: tuple[float, float, float]
    sides: str

    @property
    def order(self):
        return (self.axis, *(a for a in range(3) if a != self.axis))

    @property
    def dense(self):
        """Return the conductivity of every voxel, the axis first."""
        table = np.zeros(256)
        table[list(self.conductivity)] = list(self.conductivity.values())
        return table[self.labels].transpose(self.order)

    @property
    def spacing_m(self):
        return tuple(self.voxel_size_m[a] for a in self.order)


def noise(shape, rng):
    return rng.random(shape)


def blobs(shape, rng):
    return ndimage.gaussian_filter(rng.normal(size=shape), rng.uniform(0.4, 1.5))


def stretched_blobs(shape, rng):
    return ndimage.gaussian_filter(rng.normal(size=shape), rng.uniform(0.4, 2.5, 3))


def walls(shape, rng):
    return -np.abs(ndimage.gaussian_filter(rng.normal(size=shape), rng.uniform(0.6, 1.5)))


def channels(shape, rng):
    return np.abs(ndimage.gaussian_filter(rng.normal(size=shape), rng.uniform(0.6, 1.5)))


def overlapping_spheres(shape, rng):
    nearest = np.full(shape, np.inf)
    place = np.indices(shape)
    for _ in range(int(rng.integers(2, 14))):
        centre, radius = rng.uniform(0, 1, 3) * shape, rng.uniform(1.5, 4)
        square = sum((x - c) ** 2 for x, c in zip(place, centre, strict=True))
        nearest = np.minimum(nearest, np.sqrt(square) / radius)
    return nearest


FAMILIES = (noise, blobs, stretched_blobs, walls, channels, overlapping_spheres)


def random_problem(family, seed):
    """Return one problem: up to four conductors over four decades, the rest insulating."""
    rng = np.random.default_rng([FAMILIES.index(family), seed])
    shape = tuple(int(n) for n in rng.integers(2, LARGEST_EDGE + 1, 3))
    field = family(shape, rng) + 1e-6 * rng.random(shape)
    rank = field.argsort(axis=None).argsort().reshape(shape) / field.size
    n_conductors = int(rng.integers(1, 5))
    share = rng.uniform(0.25, 1.0) if rng.random() < 0.8 else 1.0
    cuts = np.sort(np.concatenate([[0.0, share], rng.uniform(0, share, n_conductors - 1)]))
    labels = np.searchsorted(cuts, rank, side="right").astype(np.uint8)
    labels[labels > n_conductors] = 0
    values = 10.0 ** -rng.uniform(0, CONTRAST_DECADES, n_conductors)
    present = [label for label in range(1, n_conductors + 1) if (labels == label).any()]
    return Problem(
        labels,
        {label: float(values[label - 1]) for label in present} or {0: 1.0},
        int(rng.integers(3)),
        tuple(float(h) for h in rng.choice([1e-6, 1e-6, 0.5e-6, 2e-6, 3e-6], 3)),
        "periodic" if rng.random() < 0.5 else "no_flux",
    )
