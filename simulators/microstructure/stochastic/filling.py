"""Fill a box with packed particles until their union has the asked volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from simulators.microstructure.stochastic.box import Box
from simulators.microstructure.stochastic.calendering import calender
from simulators.microstructure.stochastic.depth_profile import DepthProfile
from simulators.microstructure.stochastic.packing import Packed, pack
from simulators.microstructure.stochastic.particle_field import distance_fields
from simulators.microstructure.stochastic.particles import Particles, joined
from simulators.microstructure.stochastic.population import Population

_N_TRIES: Final = 5
_CLOSE_ENOUGH: Final = 0.01
"""Relative error of the union's volume that is left to a shift of the surfaces."""
_FIRST_EXPONENT: Final = 1.3
"""First guess of d ln(volume of particles)/d ln(union)."""


@dataclass(frozen=True)
class Crowding:
    """How particles are brought to their places."""

    penetration: float
    loose_height: float
    """Height of the coating before calendering over the final one; 1 leaves it as it is."""
    room: DepthProfile
    """Distance between particles at every depth over the touching one."""


@dataclass(frozen=True)
class Filling:
    """Packed particles and the population each comes from."""

    particles: Particles
    population_of: npt.NDArray[np.int64]
    worst_overlap: float


def fill(
    populations: tuple[Population, ...],
    volumes_m3: tuple[float, ...],
    box: Box,
    *,
    seed: np.random.SeedSequence,
    crowding: Crowding,
    cell_m: float,
) -> Filling:
    """Return particles whose union has about the sum of ``volumes_m3``.

    Particles that penetrate need more volume of their own than their union has; how much is found
    by packing again with more of them. ``cell_m`` is how finely the union is measured then.
    """
    wanted_m3 = sum(volumes_m3)
    excess, exponent = 1.0, _FIRST_EXPONENT
    before: tuple[float, float] | None = None
    filling = _fill_once(populations, volumes_m3, box, seed, crowding)
    for _ in range(_N_TRIES):
        if crowding.penetration == 0.0:
            break  # what little they overlap is squeezed out around the contacts
        union_m3 = coverage(filling.particles, box, cell_m)[0] * box.volume_m3
        if abs(union_m3 / wanted_m3 - 1.0) < _CLOSE_ENOUGH:
            break
        if before is not None and abs(np.log(union_m3 / before[1])) > 1e-4:
            slope = np.log(excess / before[0]) / np.log(union_m3 / before[1])
            exponent = float(np.clip(slope, 1.0, 4.0))
        before = (excess, union_m3)
        excess *= (wanted_m3 / union_m3) ** exponent
        more = tuple(excess * volume for volume in volumes_m3)
        filling = _fill_once(populations, more, box, seed, crowding)
    return filling


def _fill_once(
    populations: tuple[Population, ...],
    volumes_m3: tuple[float, ...],
    box: Box,
    seed: np.random.SeedSequence,
    crowding: Crowding,
) -> Filling:
    streams = [
        np.random.default_rng(np.random.SeedSequence([*_words(seed), k]))
        for k in range(len(populations))
    ]
    drawn = [
        population.draw(stream, box, volume_m3=volume)
        for population, stream, volume in zip(populations, streams, volumes_m3, strict=True)
    ]
    particles, population_of = joined(drawn)
    packed = _packed(particles, box, crowding)
    return Filling(packed.particles, population_of, packed.worst_overlap)


def _words(seed: np.random.SeedSequence) -> list[int]:
    """Return words that stand for a seed and, unlike spawning, leave it as it was."""
    return [int(word) for word in seed.generate_state(4)]


def _packed(particles: Particles, box: Box, crowding: Crowding) -> Packed:
    if crowding.loose_height > 1.0:
        return calender(
            particles,
            box,
            loose_height=crowding.loose_height,
            penetration=crowding.penetration,
            room=crowding.room,
        )
    return pack(particles, box, penetration=crowding.penetration, room=crowding.room)


def coverage(particles: Particles, box: Box, cell_m: float) -> tuple[float, float]:
    """Return the share of the box that particles cover, and the share of that covered twice.

    Counted on about cubic cells of ``cell_m``, a grid of its own that no voxel size changes.
    """
    shape = np.maximum(np.rint(box.edges_m / cell_m).astype(int), 8)
    coarse = Box((int(shape[0]), int(shape[1]), int(shape[2])), cell_m, box.is_periodic)
    scale = coarse.edges_m / box.edges_m
    fitted = Particles(
        particles.centres_m * scale,
        particles.half_axes_m * float(np.cbrt(np.prod(scale))),
        particles.rotations,
    )
    nearest, second = distance_fields(fitted, coarse, reach_m=0.1 * cell_m)
    union = np.count_nonzero(nearest <= 0.0)
    shared = np.count_nonzero(second <= 0.0)
    return union / nearest.size, shared / union if union else 0.0
