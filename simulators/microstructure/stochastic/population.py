"""Draw the particles of one material, before they are packed: sizes, shapes, places and turns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulators.microstructure.stochastic.box import Array, Box
from simulators.microstructure.stochastic.depth_profile import DepthProfile
from simulators.microstructure.stochastic.orientation import rotations
from simulators.microstructure.stochastic.particle_shape import half_axes
from simulators.microstructure.stochastic.particles import Particles
from simulators.microstructure.stochastic.size_distribution import SizeDistribution

_CHUNK = 2048


@dataclass(frozen=True)
class Population:
    """What is common to all particles of one material."""

    sizes: SizeDistribution
    elongation: float
    flatness: float
    a1: float
    a2: float
    density: DepthProfile
    """Volume of particles per volume of coating, over its mean."""
    size_factor: DepthProfile
    """Local diameter over the one drawn."""

    def draw(self, random: np.random.Generator, box: Box, *, volume_m3: float) -> Particles:
        """Return particles of exactly ``volume_m3`` in all at random places.

        More volume from the same generator adds particles after those that a smaller one gives.
        The last particle's excess or lack is shared by scaling all.
        """
        drawn: list[Array] = []
        places: list[Array] = []
        turned: list[Array] = []
        filled_m3 = 0.0
        while filled_m3 < volume_m3:
            depths = _depths(random, self, _CHUNK)
            drawn.append(self.sizes.draw(random, _CHUNK) * self.size_factor.at(depths))
            places.append(np.column_stack([depths, random.random((_CHUNK, 2))]) * box.edges_m)
            turned.append(rotations(random, _CHUNK, a1=self.a1, a2=self.a2))
            filled_m3 += float(np.sum(drawn[-1] ** 3)) * np.pi / 6.0
        diameters = np.concatenate(drawn)
        filled = np.cumsum(diameters**3) * np.pi / 6.0
        n = int(np.searchsorted(filled, volume_m3)) + 1
        if n > 1 and filled[n - 1] - volume_m3 > volume_m3 - filled[n - 2]:
            n -= 1
        scaled = diameters[:n] * np.cbrt(volume_m3 / filled[n - 1])
        return Particles(
            centres_m=np.concatenate(places)[:n],
            half_axes_m=half_axes(0.5 * scaled, self.elongation, self.flatness),
            rotations=np.concatenate(turned)[:n],
        )


def _depths(random: np.random.Generator, population: Population, n: int) -> Array:
    """Return depths with as many particles a layer as its volume and their size ask for."""
    density, size = population.density, population.size_factor
    edges = np.unique(np.concatenate([np.linspace(0.0, 1.0, 257), density.depths, size.depths]))
    middles = 0.5 * (edges[1:] + edges[:-1])
    numbers = density.at(middles) / size.at(middles) ** 3 * np.diff(edges)
    cumulative = np.concatenate([[0.0], np.cumsum(numbers)])
    return np.asarray(np.interp(random.random(n), cumulative / cumulative[-1], edges))
