"""How drying moves binder towards the surface that dries.

While solvent leaves, it carries dissolved binder up and diffusion takes it back; where both balance
the binder varies as exp(Pe·(1 − depth)) with Pe = q·L/(ρ·D) (the quasi-steady limit of the model of
Font, Protas, Richardson and Foster 2018, J. Power Sources 393, 177: slow drying leaves the binder
even, fast drying gathers it at the evaporation surface).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from experiments.recipe import ElectrodeRecipe
from simulators.microstructure.stochastic.depth_profile import DepthProfile, flat

_SOLVENT_KG_PER_M3: Final = 1030.0
"""N-methyl-2-pyrrolidone at 25 °C; quoted in data sheets."""
_DIFFUSIVITY_M2_PER_S: Final = 1e-10
"""Binder in the drying slurry. Assumed: between polymer in solution (1e-11) and solvent (1e-9)."""


def peclet_number(drying_rate_kg_per_m2_s: float, thickness_m: float) -> float:
    """Return advection over diffusion of the binder across the dry coating's thickness."""
    return drying_rate_kg_per_m2_s * thickness_m / (_SOLVENT_KG_PER_M3 * _DIFFUSIVITY_M2_PER_S)


def binder_profile(recipe: ElectrodeRecipe) -> DepthProfile:
    """Return the local share of binder over its mean, from separator to collector."""
    pe = peclet_number(recipe.drying_rate_kg_per_m2_s, recipe.thickness_m)
    if pe < 1e-3:
        return flat()
    depths = np.linspace(0.0, 1.0, 65)
    values = np.exp(-pe * depths)
    profile = DepthProfile(depths, values)
    return DepthProfile(depths, values / profile.mean)
