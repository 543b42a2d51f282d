"""Analytic shapes on voxels; centres and tilts are off the lattice, as in real images."""

from __future__ import annotations

import numpy as np


def coordinates(shape):
    return np.meshgrid(*(np.arange(n, dtype=float) for n in shape), indexing="ij", sparse=True)


def ball(n, centre, radius):
    return sum((x - c) ** 2 for x, c in zip(coordinates((n,) * 3), centre, strict=True)) < radius**2


def signed_distance_to_plane(n, normal, offset=0.0):
    normal = np.asarray(normal, float) / np.linalg.norm(normal)
    middle = (n - 1) / 2
    return (
        sum(a * (x - middle) for a, x in zip(normal, coordinates((n,) * 3), strict=True)) - offset
    )


def distance_to_line(n, direction):
    direction = np.asarray(direction, float) / np.linalg.norm(direction)
    rest = [x - (n - 1) / 2 for x in coordinates((n,) * 3)]
    along = sum(a * x for a, x in zip(direction, rest, strict=True))
    return np.sqrt(np.maximum(sum(x**2 for x in rest) - along**2, 0))


def random_directions(n, seed):
    normals = np.random.default_rng(seed).normal(size=(n, 3))
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


def gaussian_field(shape, scale, seed):
    """Return a periodic smooth random field of zero mean and unit variance."""
    noise = np.random.default_rng(seed).normal(size=shape)
    frequencies = np.meshgrid(*(np.fft.fftfreq(n) for n in shape), indexing="ij", sparse=True)
    square = sum(f**2 for f in frequencies)
    field = np.fft.ifftn(np.fft.fftn(noise) * np.exp(-2 * (np.pi * scale) ** 2 * square)).real
    return (field - field.mean()) / field.std()
