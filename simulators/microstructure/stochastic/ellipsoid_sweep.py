"""One sweep over all close pairs of ellipsoids, taking overlaps out by moving and turning both.

The overlap's depth is shared among the two shifts and the two turns like a position correction of
rigid bodies (Müller et al. 2007, J. Vis. Commun. Image Represent. 18, 109, with the moment of
inertia taken as isotropic).
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from simulators.microstructure.stochastic.box import Array
from simulators.microstructure.stochastic.close_pairs import Pairs, shortest_gap
from simulators.microstructure.stochastic.contact import contact

_LARGEST_TURN = 0.2
"""Radians a particle turns at most for one contact."""


def straightened(rotations: Array, half_axes: Array) -> tuple[Array, Array]:
    """Return rotations with perpendicular columns (Gram and Schmidt), and shape matrices Q."""
    q, r = np.linalg.qr(rotations)
    straight = q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :]
    shapes = (straight * half_axes[:, None, :] ** 2) @ straight.transpose(0, 2, 1)
    return straight, shapes


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def sweep_ellipsoids(
    pairs: Pairs,
    shares: Array,
    centres: Array,
    rotations: Array,
    half_axes: Array,
    shapes: Array,
    ease: Array,
    edges: Array,
    wraps: npt.NDArray[np.bool_],
    step: float,
) -> tuple[float, float]:
    """Move and turn in place; return the worst overlap and the sum, over touching distances.

    ``shares`` keeps every pair's λ of the contact function from one sweep to the next, and
    ``shapes`` the particles' Q.
    """
    r = np.empty(3)
    normal = np.empty(3)
    arms = np.empty((2, 3))
    lever_i = np.empty(3)
    lever_j = np.empty(3)
    worst = 0.0
    total = 0.0
    for p in range(len(pairs)):
        i = pairs[p, 0]
        j = pairs[p, 1]
        square = 0.0
        for k in range(3):
            r[k] = shortest_gap(centres[j, k] - centres[i, k], edges[k], wraps[k])
            square += r[k] * r[k]
        touching = half_axes[i, 0] + half_axes[j, 0]
        if square >= touching * touching:
            continue
        root, depth, shares[p] = contact(r, shapes[i], shapes[j], shares[p], normal, arms)
        if depth <= 0.0:
            continue
        worst = max(worst, 1.0 - root)
        total += 1.0 - root
        turn_i = ease[i] / _gyration(half_axes[i]) * _lever(arms[0], normal, lever_i)
        turn_j = ease[j] / _gyration(half_axes[j]) * _lever(arms[1], normal, lever_j)
        push = (
            step
            * min(depth, 0.5 * min(half_axes[i, 2], half_axes[j, 2]))
            / (ease[i] + ease[j] + turn_i + turn_j)
        )
        for k in range(3):
            centres[i, k] -= push * ease[i] * normal[k]
            centres[j, k] += push * ease[j] * normal[k]
        angle_i = -push * ease[i] / _gyration(half_axes[i])
        angle_j = push * ease[j] / _gyration(half_axes[j])
        _turn(rotations[i], half_axes[i], shapes[i], lever_i, angle_i)
        _turn(rotations[j], half_axes[j], shapes[j], lever_j, angle_j)
    return worst, total


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _gyration(half_axes: Array) -> float:
    """Return the squared radius of gyration, the mean over all axes."""
    return 2.0 / 15.0 * float(half_axes[0] ** 2 + half_axes[1] ** 2 + half_axes[2] ** 2)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _lever(arm: Array, normal: Array, lever: Array) -> float:
    """Write arm × normal and return its square."""
    lever[0] = arm[1] * normal[2] - arm[2] * normal[1]
    lever[1] = arm[2] * normal[0] - arm[0] * normal[2]
    lever[2] = arm[0] * normal[1] - arm[1] * normal[0]
    return float(lever[0] * lever[0] + lever[1] * lever[1] + lever[2] * lever[2])


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _turn(rotation: Array, half_axes: Array, shape: Array, lever: Array, angle: float) -> None:
    """Turn one particle about ``lever`` and bring its shape matrix Q up to date."""
    length = np.sqrt(lever[0] * lever[0] + lever[1] * lever[1] + lever[2] * lever[2])
    limit = _LARGEST_TURN / (abs(angle) * length + 1e-30)
    scale = angle * min(limit, 1.0)
    t_0, t_1, t_2 = scale * lever[0], scale * lever[1], scale * lever[2]
    for k in range(3):
        a_0, a_1, a_2 = rotation[0, k], rotation[1, k], rotation[2, k]
        b_0 = a_0 + t_1 * a_2 - t_2 * a_1
        b_1 = a_1 + t_2 * a_0 - t_0 * a_2
        b_2 = a_2 + t_0 * a_1 - t_1 * a_0
        shrink = 1.0 / np.sqrt(b_0 * b_0 + b_1 * b_1 + b_2 * b_2)
        rotation[0, k] = b_0 * shrink
        rotation[1, k] = b_1 * shrink
        rotation[2, k] = b_2 * shrink
    for a in range(3):
        for b in range(3):
            entry = 0.0
            for k in range(3):
                entry += rotation[a, k] * half_axes[k] * half_axes[k] * rotation[b, k]
            shape[a, b] = entry
