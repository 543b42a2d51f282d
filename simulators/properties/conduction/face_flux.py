"""A flux through the faces of voxels, made cheaper by circulation without moving what it carries.

Adding a current around a loop of faces leaves every voxel's balance as it is. The current that
costs least around one loop is known, and going through the smallest loops (four voxels) again and
again takes from a flux along a spanning tree most of what a tree wastes: cycle by cycle, as Kelner,
Orecchia, Sidford & Zhu do (STOC 2013, 911), but on short cycles that are side by side in memory.

Faces are kept as six half rows per row of voxels: z, y and x (towards the next voxel), each for
even and for odd columns: loops side by side in a row share no face and can be turned at once. Plane
0 stands before the front end, plane ``nz + 1`` behind the back end; both resist nothing.
"""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from typing import Final

import numpy as np

from simulators.properties.compiled import (
    Floats,
    Index,
    Labels,
    Reals,
    Scalar,
    inlined,
    kernel,
)
from simulators.properties.conduction.checkerboard import sum_slots
from simulators.properties.slabs import run_slabs

BLOCK: Final = 16
"""Planes that one thread turns loops in at a time; the next sweep shifts them by half as many."""


def n_faces(shape: tuple[int, ...]) -> int:
    """Return the length of a flux through every face of a volume of this shape, z y x."""
    nz, ny, nx = shape
    return 6 * (nz + 2) * ny * half_row(nx)


def half_row(nx: int) -> int:
    """Return the slots of half a row, one of them never used."""
    return (nx + 1) // 2 + 1


slots_of_half = inlined(half_row)
"""``half_row`` for kernels; called from Python it would be compiled anew in every process."""


def circulate(
    flux: Floats, labels: Labels, rho: Reals, weights: Reals, n_sweeps: int, n_threads: int
) -> float:
    """Turn every loop ``n_sweeps`` times and return the energy Σ flux²/c that is left.

    ``rho`` is the half-voxel resistance of every label, ``weights`` the factors of faces along
    z, y and x. Loops across periodic sides are left alone. The number of threads changes nothing.
    """
    common = (flux, labels, rho.astype(np.float32), (1 / weights).astype(np.float32))
    n_planes = labels.shape[0] + 2
    for sweep in range(n_sweeps):
        shift = BLOCK // 2 * (sweep % 2)
        run_slabs(_turn_blocks, -(-(n_planes + shift) // BLOCK), n_threads, *common, shift)
    return float(np.concatenate(run_slabs(_energies, n_planes - 1, n_threads, *common)).sum())


@kernel
def _turn_blocks(
    flux: Floats,
    labels: Labels,
    rho: Floats,
    inverse: Floats,
    shift: int,
    first: int,
    last: int,
) -> None:
    """Turn all loops within blocks ``first`` to ``last`` of planes."""
    nz, ny, nx = labels.shape
    half = slots_of_half(nx)
    row = 2 * half
    plane = ny * row
    ring = np.empty(2 * plane, np.float32)
    current = np.empty(row, np.float32)
    iz, iy, ix = inverse
    for block in range(first, last):
        low = max(0, block * BLOCK - shift)
        high = min(nz + 2, (block + 1) * BLOCK - shift)
        _load(ring, low % 2 * plane, labels, rho, low, half)
        for p in range(low, high):
            here, there = p % 2 * plane, (p + 1) % 2 * plane
            if p + 1 < high:
                _load(ring, there, labels, rho, p + 1, half)
            for j in range(ny):
                z = 3 * (p * plane + j * row)
                y, x = z + row, z + 2 * row
                own, below = here + j * row, there + j * row
                is_inside, is_joined = 0 < p < nz + 1, p + 1 < high
                if is_joined and j < ny - 1:
                    faces = (z, y, 3 * plane, 3 * row)
                    _turn(flux, ring, current, faces, (own, below, own + row), (iz, iy), row)
                for odd in range(2):
                    k = odd * half
                    beside = 1 - half if odd else half
                    o = own + k
                    if is_inside and j < ny - 1:
                        faces = (y + k, x + k, 3 * row, beside)
                        voxels = (o, o + row, o + beside)
                        _turn(flux, ring, current, faces, voxels, (iy, ix), half - 1)
                    if is_joined:
                        faces = (z + k, x + k, 3 * plane, beside)
                        voxels = (o, below + k, o + beside)
                        _turn(flux, ring, current, faces, voxels, (iz, ix), half - 1)


@inlined
def _turn(
    flux: Floats,
    ring: Floats,
    current: Floats,
    faces: tuple[Index, Index, Index, Index],
    voxels: tuple[Index, Index, Index],
    inverse: tuple[Scalar, Scalar],
    n: int,
) -> None:
    """Turn the loops of a row: one step along a, one along b, back along a, back along b.

    ``faces`` are where the faces along a and b begin, and the steps to the next ones along a and b;
    ``voxels`` are where the voxels begin, the next ones along a, and the next ones along b.
    """
    at_a, at_b, step_a, step_b = faces
    own, own_a, own_b = voxels
    inverse_a, inverse_b = inverse
    behind_b, behind_a = at_b + step_a, at_a + step_b
    opposite = own_a + (own_b - own)
    for s in range(n):
        o = ring[np.uintp(own + s)]
        a = ring[np.uintp(own_a + s)]
        b = ring[np.uintp(own_b + s)]
        d = ring[np.uintp(opposite + s)]
        r_1 = (o + a) * inverse_a
        r_2 = (a + d) * inverse_b
        r_3 = (b + d) * inverse_a
        r_4 = (o + b) * inverse_b
        drop = (
            r_1 * flux[np.uintp(at_a + s)]
            + r_2 * flux[np.uintp(behind_b + s)]
            - r_3 * flux[np.uintp(behind_a + s)]
            - r_4 * flux[np.uintp(at_b + s)]
        )
        resistance = (r_1 + r_2) + (r_3 + r_4)
        value = drop / resistance
        is_loop = (resistance > np.float32(0)) & (resistance < np.float32(np.inf))
        current[np.uintp(s)] = value if is_loop else np.float32(0)
    for s in range(n):
        flux[np.uintp(at_a + s)] -= current[np.uintp(s)]
    for s in range(n):
        flux[np.uintp(behind_b + s)] -= current[np.uintp(s)]
    for s in range(n):
        flux[np.uintp(behind_a + s)] += current[np.uintp(s)]
    for s in range(n):
        flux[np.uintp(at_b + s)] += current[np.uintp(s)]


@kernel
def _load(ring: Floats, at: Index, labels: Labels, rho: Floats, p: int, half: int) -> None:
    """Write the resistances of plane ``p`` into the ring, infinite where there is no voxel."""
    nz, ny, nx = labels.shape
    nothing = np.float32(np.inf)
    for j in range(ny):
        row = at + j * 2 * half
        for odd in range(2):
            start = row + odd * half
            n = (nx + 1 - odd) // 2
            if 0 < p < nz + 1:
                line = labels[p - 1, j]
                for s in range(n):
                    ring[np.uintp(start + s)] = rho[line[np.uintp(2 * s + odd)]]
            else:
                for s in range(n):
                    ring[np.uintp(start + s)] = np.float32(0)
            for s in range(n, half):
                ring[start + s] = nothing


@kernel
def _energies(
    flux: Floats, labels: Labels, rho: Floats, inverse: Floats, first: int, last: int
) -> Reals:
    """Return the energy of the faces of planes ``first`` to ``last``, each with the one behind."""
    _, ny, nx = labels.shape
    half = slots_of_half(nx)
    row = 2 * half
    plane = ny * row
    ring = np.empty(2 * plane, np.float32)
    gathered = np.empty(row)
    iz, iy, ix = inverse
    energy = np.zeros(last - first)
    _load(ring, first % 2 * plane, labels, rho, first, half)
    for p in range(first, last):
        here, there = p % 2 * plane, (p + 1) % 2 * plane
        _load(ring, there, labels, rho, p + 1, half)
        gathered[:] = 0
        for j in range(ny):
            z = 3 * (p * plane + j * row)
            y, x = z + row, z + 2 * row
            own = here + j * row
            after = own + row if j < ny - 1 else here
            _add(flux, ring, gathered, z, own, there + j * row, iz, row)
            _add(flux, ring, gathered, y, own, after, iy, row)
            _add(flux, ring, gathered, x, own, own + half, ix, half - 1)
            _add(flux, ring, gathered, x + half, own + half, own + 1, ix, half - 1)
            tail = half if nx % 2 == 0 else 0
            tail += (nx - 1) // 2
            closing = flux[x + tail]
            if closing != 0:
                gathered[0] += closing * closing * (ring[own + tail] + ring[own]) * ix
        energy[p - first] = sum_slots(gathered)
    return energy


@inlined
def _add(
    flux: Floats,
    ring: Floats,
    gathered: Reals,
    at: Index,
    own: Index,
    other: Index,
    inverse: Scalar,
    n: int,
) -> None:
    for s in range(n):
        f = flux[np.uintp(at + s)]
        r = (ring[np.uintp(own + s)] + ring[np.uintp(other + s)]) * inverse
        value = f * f * r
        gathered[np.uintp(s)] += np.float64(value) if r < np.float32(np.inf) else 0.0
