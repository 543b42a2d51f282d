"""Push overlapping particles apart until they only touch, or until no more is to be gained.

A force-biased relaxation in the spirit of Jodrey and Tory (1985, Phys. Rev. A 32, 2347), pair after
pair: the overlap is taken out along the contact normal, by moving and, for ellipsoids, by turning
both particles, shared by how easily each gives way (smaller ones more).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from simulators.microstructure.stochastic.box import Array, Box
from simulators.microstructure.stochastic.close_pairs import close_pairs
from simulators.microstructure.stochastic.depth_profile import DepthProfile
from simulators.microstructure.stochastic.ellipsoid_sweep import straightened, sweep_ellipsoids
from simulators.microstructure.stochastic.particles import Particles
from simulators.microstructure.stochastic.sphere_sweep import sweep_spheres

_STEPS: Final = (1.2, 0.9)
"""Share of an overlap removed at once: first beyond it, to travel far, then below, to settle."""
_N_FAST: Final = 40
_MARGIN: Final = 0.8
"""Width of the neighbour list over the mean reach."""
_REFRESH: Final = 10
"""Sweeps after which turned axes are made perpendicular again."""
_PATIENCE: Final = 20
_GAIN: Final = 0.95


@dataclass(frozen=True)
class Packed:
    """Particles after relaxation."""

    particles: Particles
    worst_overlap: float
    """Deepest overlap left, over the touching distance."""
    n_sweeps: int


def pack(
    particles: Particles,
    box: Box,
    *,
    penetration: float = 0.0,
    room: DepthProfile | None = None,
    n_sweeps: int = 120,
    tolerance: float = 0.04,
) -> Packed:
    """Return the particles with overlaps pushed out; they must come largest reach first.

    Pairs may come as near as (1 − ``penetration``) of their touching distance: 0 asks for no
    overlap, 1 leaves everything where it is. ``room`` is the distance asked for at every depth
    over the touching one, at least 1, and makes a gradient of density. Stops at overlaps below
    ``tolerance``, after ``n_sweeps``, or when twenty sweeps gain less than 5%. Faces that do not
    wrap around are walls.
    """
    if penetration >= 1.0 or len(particles) == 0:
        return Packed(particles=particles, worst_overlap=1.0, n_sweeps=0)
    centres, rotations = particles.centres_m.copy(), particles.rotations.copy()
    half_axes = particles.half_axes_m * (1.0 - penetration)
    edges, wraps = box.edges_m, np.asarray(box.is_periodic)
    ease = 1.0 / particles.equivalent_radii_m
    widest = half_axes[:, 0] * (1.0 if room is None else room.values.max())
    margin = _MARGIN * float(widest.mean())
    anchors, pairs, shares = _neighbours(centres, widest, edges, wraps, margin)
    worst, reference = 1.0, np.inf
    scaled = half_axes
    shapes = np.empty((0, 3, 3))
    extents = particles.half_extents_m
    for sweep in range(n_sweeps):
        if _farthest(centres, anchors, edges, wraps) > 0.5 * margin:
            anchors, pairs, shares = _neighbours(centres, widest, edges, wraps, margin)
        is_graded = room is not None and not room.is_flat
        if room is not None and is_graded:
            scaled = half_axes * room.at(centres[:, 0] / edges[0])[:, None]
        step = _STEPS[0] if sweep < _N_FAST else _STEPS[1]
        if particles.is_spherical:
            worst, total = sweep_spheres(
                pairs, centres, scaled[:, 0].copy(), ease, edges, wraps, step
            )
        else:
            if is_graded or sweep % _REFRESH == 0:
                rotations, shapes = straightened(rotations, scaled)
                extents = Particles(centres, particles.half_axes_m, rotations).half_extents_m
            worst, total = sweep_ellipsoids(
                pairs, shares, centres, rotations, scaled, shapes, ease, edges, wraps, step
            )
        _bring_back(centres, extents, edges, wraps)
        if worst <= tolerance:
            break
        if sweep > _N_FAST and sweep % _PATIENCE == 0:
            if total > _GAIN * reference:
                break
            reference = total
    rotations, _ = straightened(rotations, half_axes)
    moved = Particles(centres_m=centres, half_axes_m=particles.half_axes_m, rotations=rotations)
    _bring_back(moved.centres_m, moved.half_extents_m, edges, wraps)
    return Packed(particles=moved, worst_overlap=float(worst), n_sweeps=sweep + 1)


def _neighbours(
    centres: Array, reaches: Array, edges: Array, wraps: npt.NDArray[np.bool_], margin: float
) -> tuple[Array, npt.NDArray[np.int32], Array]:
    """Return where particles are, the pairs among them, and a first λ of every pair."""
    pairs = close_pairs(centres, reaches, edges, wraps, margin=margin)
    return centres.copy(), pairs, np.full(len(pairs), 0.5)


def _farthest(centres: Array, anchors: Array, edges: Array, wraps: npt.NDArray[np.bool_]) -> float:
    """Return how far any particle has come from its anchor."""
    gaps = centres - anchors
    gaps = np.where(wraps, gaps - edges * np.rint(gaps / edges), gaps)
    return float(np.sqrt(np.max(np.sum(gaps**2, axis=1))))


def _bring_back(centres: Array, extents: Array, edges: Array, wraps: npt.NDArray[np.bool_]) -> None:
    """Wrap coordinates that left through a periodic face; stop the others at the wall."""
    for k in range(3):
        if wraps[k]:
            centres[:, k] -= edges[k] * np.floor(centres[:, k] / edges[k])
        else:
            reach = np.minimum(extents[:, k], 0.5 * edges[k])
            centres[:, k] = np.clip(centres[:, k], reach, edges[k] - reach)
