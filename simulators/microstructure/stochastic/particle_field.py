"""How far every voxel is from the nearest and the second nearest particle surface.

To first order the signed distance from an ellipsoid with g(x) = √((x−c)ᵀA(x−c)) is
(g − 1)·g/|A(x − c)| (g − 1 over the length of its gradient); for spheres that is exact. Negative is
inside. The second nearest tells where particles overlap and where they almost touch.
"""

from __future__ import annotations

import itertools

import numba
import numpy as np
import numpy.typing as npt

from simulators.microstructure.stochastic.box import Array, Box
from simulators.microstructure.stochastic.particles import Particles
from simulators.microstructure.stochastic.slabs import over_slabs

Field = npt.NDArray[np.float32]


def distance_fields(
    particles: Particles, box: Box, *, reach_m: float, n_threads: int = 1
) -> tuple[Field, Field]:
    """Return distances in metres to the nearest two surfaces, capped at ``reach_m``; `z x y x x`.

    Voxels are sampled at their centres.
    """
    nearest = np.full(box.shape, reach_m, dtype=np.float32)
    second = np.full(box.shape, reach_m, dtype=np.float32)
    lower_fields(nearest, second, particles, box, reach_m=reach_m, n_threads=n_threads)
    return nearest, second


def lower_fields(
    nearest: Field,
    second: Field,
    particles: Particles,
    box: Box,
    *,
    reach_m: float,
    n_threads: int = 1,
) -> None:
    """Add particles to both fields, in place."""
    centres_m, owners = _with_images(particles, box, reach_m)
    forms = particles.quadratic_forms_per_m2[owners]
    extents_m = particles.half_extents_m[owners] + reach_m
    smallest_m = particles.half_axes_m[owners].min(axis=1)
    bounds = (1.0 + reach_m / smallest_m) ** 2

    places = ((np.arange(box.shape[2]) + 0.5) * box.voxel_size_m).astype(np.float32)

    def fill(first: int, end: int) -> None:
        low = (first + 0.5) * box.voxel_size_m
        high = (end - 0.5) * box.voxel_size_m
        touches = (centres_m[:, 0] + extents_m[:, 0] >= low) & (
            centres_m[:, 0] - extents_m[:, 0] <= high
        )
        _fill_slab(
            nearest[first:end],
            second[first:end],
            places,
            first,
            box.voxel_size_m,
            centres_m[touches],
            forms[touches],
            extents_m[touches],
            bounds[touches],
        )

    over_slabs(box.shape[0], n_threads, fill)


def _with_images(
    particles: Particles, box: Box, reach_m: float
) -> tuple[Array, npt.NDArray[np.int64]]:
    """Return the centres of all particles and of those periodic images that reach into the box."""
    edges_m = box.edges_m
    extents_m = particles.half_extents_m + reach_m
    shifts = [(-1, 0, 1) if periodic else (0,) for periodic in box.is_periodic]
    centres, owners = [], []
    for shift in itertools.product(*shifts):
        moved = particles.centres_m + np.asarray(shift) * edges_m
        seen = np.all((moved + extents_m > 0.0) & (moved - extents_m < edges_m), axis=1)
        centres.append(moved[seen])
        owners.append(np.flatnonzero(seen))
    return np.concatenate(centres), np.concatenate(owners)


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _fill_slab(
    nearest: Field,
    second: Field,
    places: Field,
    first_layer: int,
    voxel_size_m: float,
    centres_m: Array,
    forms: Array,
    extents_m: Array,
    bounds: Array,
) -> None:
    """Lower both fields by every particle, row by row along x so that the loop vectorises."""
    n_z, n_y, n_x = nearest.shape
    h = voxel_size_m
    for p in range(len(centres_m)):
        c_z, c_y, c_x = centres_m[p, 0], centres_m[p, 1], centres_m[p, 2]
        a = forms[p]
        z_from = max(int(np.ceil((c_z - extents_m[p, 0]) / h - 0.5)) - first_layer, 0)
        z_to = min(int(np.floor((c_z + extents_m[p, 0]) / h - 0.5)) - first_layer + 1, n_z)
        y_from = max(int(np.ceil((c_y - extents_m[p, 1]) / h - 0.5)), 0)
        y_to = min(int(np.floor((c_y + extents_m[p, 1]) / h - 0.5)) + 1, n_y)
        q2 = a[2, 2]
        w2 = a[0, 2] * a[0, 2] + a[1, 2] * a[1, 2] + a[2, 2] * a[2, 2]
        for z in range(z_from, z_to):
            d_z = (z + first_layer + 0.5) * h - c_z
            for y in range(y_from, y_to):
                d_y = (y + 0.5) * h - c_y
                # Along x, g² = q0 + q1·d + q2·d² and |A(x−c)|² = w0 + w1·d + w2·d².
                u_z = a[0, 0] * d_z + a[0, 1] * d_y
                u_y = a[1, 0] * d_z + a[1, 1] * d_y
                u_x = a[2, 0] * d_z + a[2, 1] * d_y
                q0 = u_z * d_z + u_y * d_y
                q1 = 2.0 * u_x
                room = q1 * q1 - 4.0 * q2 * (q0 - bounds[p])
                if room <= 0.0:
                    continue
                half = np.sqrt(room) / (2.0 * q2)
                middle = c_x - q1 / (2.0 * q2)
                x_from = max(int(np.ceil((middle - half) / h - 0.5)), 0)
                x_to = min(int(np.floor((middle + half) / h - 0.5)) + 1, n_x)
                if x_to > x_from:
                    w0 = u_z * u_z + u_y * u_y + u_x * u_x
                    w1 = 2.0 * (u_z * a[0, 2] + u_y * a[1, 2] + u_x * a[2, 2])
                    _lower_row(
                        nearest[z, y, x_from:x_to],
                        second[z, y, x_from:x_to],
                        places[x_from:x_to],
                        np.float32(c_x),
                        (np.float32(q0), np.float32(q1), np.float32(q2)),
                        (np.float32(w0 + 1e-30), np.float32(w1), np.float32(w2)),
                    )


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _lower_row(
    nearest: Field,
    second: Field,
    places: Field,
    centre: float,
    q: tuple[float, float, float],
    w: tuple[float, float, float],
) -> None:
    for x in range(len(places)):
        d = places[x] - centre
        square = max(q[0] + d * (q[1] + d * q[2]), np.float32(0.0))
        slope = w[0] + d * (w[1] + d * w[2])
        distance = (square - np.sqrt(square)) / np.sqrt(slope)
        before = nearest[x]
        nearest[x] = min(distance, before)
        second[x] = min(max(distance, before), second[x])
