"""How large particles are: a distribution by volume, drawn from by number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.recipe import ElectrodeRecipe
from simulators.microstructure.stochastic.box import Array

_TAIL: Final = 2.5
"""Standard deviations of ln(diameter) kept on either side: 98.8% of the volume."""
_DECILE: Final = 1.2815515655446004
"""Standard normal quantile of 90%."""
_N_POINTS: Final = 2001


@dataclass(frozen=True)
class SizeDistribution:
    """Diameters on a grid with the share of particles, by number, up to each."""

    diameters_m: Array
    cumulative_number: Array

    def draw(self, random: np.random.Generator, n: int) -> Array:
        """Return ``n`` diameters."""
        return np.exp(np.interp(random.random(n), self.cumulative_number, np.log(self.diameters_m)))

    @property
    def largest_m(self) -> float:
        """Return the largest diameter that can be drawn."""
        return float(self.diameters_m[-1])


def size_distribution(recipe: ElectrodeRecipe) -> SizeDistribution:
    """Return the active particles' sizes: histogram, else D10/D50/D90, else D50 and spread."""
    if recipe.particle_histogram:
        edges_m = np.asarray([diameter for diameter, _ in recipe.particle_histogram])
        shares = np.asarray([share for _, share in recipe.particle_histogram[1:]])
        return _from_histogram(edges_m, shares)
    if recipe.particle_d10_m is not None and recipe.particle_d90_m is not None:
        below = np.log(recipe.particle_d50_m / recipe.particle_d10_m) / _DECILE
        above = np.log(recipe.particle_d90_m / recipe.particle_d50_m) / _DECILE
        return lognormal(recipe.particle_d50_m, float(below), float(above))
    return lognormal(recipe.particle_d50_m, recipe.particle_spread, recipe.particle_spread)


def lognormal(d50_m: float, spread_below: float, spread_above: float) -> SizeDistribution:
    """Return a distribution lognormal by volume, with its own spread on either side of d50."""
    if max(spread_below, spread_above) < 1e-9:
        return SizeDistribution(np.asarray([d50_m, d50_m * (1 + 1e-12)]), np.asarray([0.0, 1.0]))
    u = np.linspace(-_TAIL, _TAIL, _N_POINTS)
    ln_d = np.log(d50_m) + u * np.where(u < 0.0, spread_below, spread_above)
    return _from_volume_shares(np.exp(ln_d), np.exp(-0.5 * u[1:] ** 2))


def _from_histogram(edges_m: Array, shares: Array) -> SizeDistribution:
    """Return a distribution that is even in ln(diameter) within each bin."""
    fine = np.exp(np.linspace(np.log(edges_m[0]), np.log(edges_m[-1]), _N_POINTS))
    cumulative = np.interp(
        np.log(fine), np.log(edges_m), np.concatenate([[0.0], np.cumsum(shares)])
    )
    return _from_volume_shares(fine, np.diff(cumulative))


def _from_volume_shares(edges_m: Array, volume_shares: Array) -> SizeDistribution:
    """Return the distribution by number: volume shares over the volume of one particle."""
    middles_m = np.sqrt(edges_m[1:] * edges_m[:-1])
    numbers = np.concatenate([[0.0], np.cumsum(volume_shares / middles_m**3)])
    return SizeDistribution(edges_m, numbers / numbers[-1])
