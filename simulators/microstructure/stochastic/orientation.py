"""How particles are turned, from random to aligned with the thickness or with the plane.

The direction of the longest axis is d = (a1·x, a1·a2·y, z)/norm for a random direction (x, y, z)
with z along the thickness: small a1 stands particles up, large a1 lays them down. The middle axis
is drawn in the same way and made perpendicular, so flat particles lie down with large a1 too.
"""

from __future__ import annotations

import numpy as np

from simulators.microstructure.stochastic.box import Array


def rotations(random: np.random.Generator, n: int, *, a1: float, a2: float) -> Array:
    """Return `n x 3 x 3` rotations; columns are longest, middle, shortest axis in z, y, x."""
    longest = _directions(random, n, a1, a2)
    middle = _directions(random, n, a1, a2)
    middle -= np.sum(middle * longest, axis=1, keepdims=True) * longest
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    return np.stack([longest, middle, np.cross(longest, middle)], axis=2)


def along_thickness(axes: Array) -> float:
    """Return the mean squared cosine of directions (`n x 3`) with the thickness; 1/3 if random."""
    return float(np.mean(axes[:, 0] ** 2))


def _directions(random: np.random.Generator, n: int, a1: float, a2: float) -> Array:
    even = random.standard_normal((n, 3))
    even /= np.linalg.norm(even, axis=1, keepdims=True)
    biased = even * np.asarray([1.0, a1 * a2, a1])
    return np.asarray(biased / np.linalg.norm(biased, axis=1, keepdims=True))
