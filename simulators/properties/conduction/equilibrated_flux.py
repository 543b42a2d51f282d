"""Bound what a potential lacks by a flux that is balanced in every voxel.

With r what the fluxes c ∇u of a potential u leave unbalanced, any flux δ that carries r to the end
faces makes c ∇u + δ balanced, and Thomson's principle gives σeff ≥ energy(u) - Σ δ²/c (Prager &
Synge, Quarterly of Applied Mathematics 5 (1947) 241). That holds for whatever u and δ: the bound
asks nothing of the iteration. Here δ runs along a spanning tree, so it is found in one pass from
the leaves to the end faces; then it is circulated (``face_flux``), which the balance does not feel.
"""

# mypy: disable-error-code="no-any-return"
# ruff: noqa: PLR0912, PLR0915
from __future__ import annotations

from typing import Final

import numpy as np

from simulators.properties.compiled import (
    Floats,
    Index,
    Integers,
    Labels,
    Reals,
    kernel,
)
from simulators.properties.conduction.checkerboard import Grid
from simulators.properties.conduction.face_flux import circulate, slots_of_half
from simulators.properties.conduction.growing import (
    ABOVE,
    BEFORE,
    BEHIND,
    BELOW,
    EXIT,
    FRONT_END,
    LEFT,
    LOW,
    N_SIDES,
    ROW,
    RUN,
)
from simulators.properties.conduction.spanning_tree import SpanningTree
from simulators.properties.slabs import run_slabs

N_SWEEPS: Final = 4
"""Sweeps of circulation over a flux that is kept face by face. One costs half an iteration of the
solver, and four bring Σ δ²/c from 50 to 600 times down to 4 to 15 times the error of the potential
(two tomograms, one and two conductors; each further sweep takes a tenth to a sixth off)."""


def flux_energy(
    tree: SpanningTree,
    span: Integers,
    labels: Labels,
    rho: Reals,
    weights: Reals,
    flux: Floats,
    grid: Grid,
    faces: Floats,
    n_threads: int,
) -> float:
    """Return Σ δ²/c for the unbalanced ``flux`` (red voxels, then black), which is used up.

    ``span`` are the first voxel of every run and the one after its last.
    ``rho`` is the half-voxel resistance of every label, ``weights`` the factors of faces along
    z, y and x. ``faces`` are zeros for the flux through every face, or empty: the energy is then
    that of the flux along the tree.
    """
    n_halves = tree.n_front + tree.n_back
    bounds = np.array([0, tree.n_front, n_halves], np.int64)
    is_alike = np.unique(rho[rho < np.inf]).size == 1
    common = (
        tree.branches,
        span,
        labels,
        rho,
        is_alike,
        weights,
        flux,
        grid,
        labels.shape[2],
        faces,
    )
    rest = _drain(*common, n_halves, len(tree.branches))
    energy = float(rest + sum(run_slabs(_drain_halves, 2, n_threads, *common, bounds)))
    if faces.size:
        return circulate(faces, labels, rho, weights, N_SWEEPS, n_threads)
    return energy


@kernel
def _drain_halves(
    branches: Integers,
    span: Integers,
    labels: Labels,
    rho: Reals,
    is_alike: bool,
    weights: Reals,
    flux: Floats,
    grid: Grid,
    nx: int,
    faces: Floats,
    bounds: Integers,
    first: int,
    last: int,
) -> float:
    energy = 0.0
    for half in range(first, last):
        energy += _drain(
            branches,
            span,
            labels,
            rho,
            is_alike,
            weights,
            flux,
            grid,
            nx,
            faces,
            bounds[half],
            bounds[half + 1],
        )
    return energy


@kernel
def _drain(
    branches: Integers,
    span: Integers,
    labels: Labels,
    rho: Reals,
    is_alike: bool,
    weights: Reals,
    flux: Floats,
    grid: Grid,
    nx: int,
    faces: Floats,
    begin_branch: Index,
    end_branch: Index,
) -> float:
    """Drain branches, the last first, each into the one it grew from; return the energy."""
    ny, stride = grid[1], grid[2] + 2
    plane = (ny + 2) * stride
    size = (grid[0] + 2) * plane
    half = slots_of_half(nx)
    level = ny * 6 * half
    keeps = faces.size > 0
    across = 0.0
    behind = 0.0
    along = 0.0
    for n in range(end_branch - 1, begin_branch - 1, -1):
        row = np.int64(branches[n, ROW])
        i = np.int64(np.uint32(row) // np.uint32(ny))
        j = row - i * ny
        colour = (i + j) & 1
        base = (i + 1) * plane + (j + 1) * stride + 1
        line = labels[i, j]
        run = branches[n, RUN]
        begin, stop = span[run, 0], span[run, 1]
        low = branches[n, LOW]
        high, side = branches[n, EXIT] // N_SIDES, branches[n, EXIT] % N_SIDES
        z = (i + 1) * level + j * 6 * half
        y, x = z + 2 * half, z + 4 * half
        flow = 0.0
        for k in range(begin, low):
            flow += np.float64(flux[np.uintp(base + ((k ^ colour) & 1) * size + (k >> 1))])
            if keeps:
                faces[np.uintp(x + (k & 1) * half + (k >> 1))] = np.float32(flow)
            else:
                face = 1.0 if is_alike else rho[line[k]] + rho[line[k + 1]]
                along += flow * flow * face
        if begin < low:
            flux[base + ((low ^ colour) & 1) * size + (low >> 1)] += np.float32(flow)
        flow = 0.0
        for k in range(stop - 1, high - 1, -1):
            flow += np.float64(flux[np.uintp(base + ((k ^ colour) & 1) * size + (k >> 1))])
            if keeps:
                faces[np.uintp(x + ((k - 1) & 1) * half + ((k - 1) >> 1))] = -np.float32(flow)
            else:
                face = 1.0 if is_alike else rho[line[k]] + rho[line[k - 1]]
                along += flow * flow * face
        if high < stop:
            k = high - 1
            flux[base + ((k ^ colour) & 1) * size + (k >> 1)] += np.float32(flow)
        if side <= BEHIND:
            a: Index = i
            b: Index = j
            if side == ABOVE:
                a -= 1
            elif side == BELOW:
                a += 1
            elif side == BEFORE:
                b = j - 1 if j > 0 else ny - 1
            else:
                b = j + 1 if j < ny - 1 else 0
            other = (a + 1) * plane + (b + 1) * stride + 1
            theirs = labels[a, b]
            sign = np.float32(1) if side in (BELOW, BEHIND) else np.float32(-1)
            if side == ABOVE:
                gate: Index = z - level
            elif side == BELOW:
                gate = z
            elif side == BEFORE:
                gate = y + (b - j) * 6 * half
            else:
                gate = y
            partial = 0.0
            for k in range(low, high):
                own = np.float64(flux[np.uintp(base + ((k ^ colour) & 1) * size + (k >> 1))])
                to = np.uintp(other + ((k ^ colour ^ 1) & 1) * size + (k >> 1))
                flux[to] += np.float32(own)
                if keeps:
                    faces[np.uintp(gate + (k & 1) * half + (k >> 1))] = sign * np.float32(own)
                else:
                    face = 1.0 if is_alike else rho[line[k]] + rho[theirs[k]]
                    partial += own * own * face
            if side <= BELOW:
                across += partial
            else:
                behind += partial
        elif side >= FRONT_END:
            for k in range(low, high):
                own = np.float64(flux[np.uintp(base + ((k ^ colour) & 1) * size + (k >> 1))])
                across += own * own * (0.5 if is_alike else rho[line[k]])
                gate = z - level if side == FRONT_END else z
                out = -np.float32(own) if side == FRONT_END else np.float32(own)
                if keeps:
                    faces[np.uintp(gate + (k & 1) * half + (k >> 1))] = out
        else:
            beside = (low - 1 if side == LEFT else low + 1) % nx
            own = np.float64(flux[base + ((low ^ colour) & 1) * size + (low >> 1)])
            along += own * own * (1.0 if is_alike else rho[line[low]] + rho[line[beside]])
            flux[base + ((beside ^ colour) & 1) * size + (beside >> 1)] += np.float32(own)
            k = beside if side == LEFT else low
            out = -np.float32(own) if side == LEFT else np.float32(own)
            if keeps:
                faces[x + (k & 1) * half + (k >> 1)] = out
    return across / weights[0] + behind / weights[1] + along / weights[2]
