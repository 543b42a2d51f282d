"""What voxels do not show: the intrinsic conductivities of the phases."""

from __future__ import annotations

from typing import Final, Self

from pydantic import Field, model_validator

from experiments.frozen import Frozen

MOST_CONTRAST: Final = 1e6
"""Largest over smallest conductivity of what conducts at all. Where σeff is below 1e-5 of the best
conductor's, single precision cannot hold the drops within it: 2 of 90 random structures at a
contrast of 1e4, 5 at 1e5, 28 at 1e6, and thin films from 1e5 on (docs/benchmarks.md). Up to 2²⁰
voxels they are solved again in double precision; beyond, their interval stays wide."""


class Physics(Frozen):
    """Intrinsic properties the voxels do not show. Sources: docs/constants.md."""

    active_conductivity_S_per_m: float = Field(default=0.3, ge=0, le=1e6)
    binder_conductivity_S_per_m: float = Field(default=375.0, ge=0, le=1e7)
    binder_ion_diffusivity: float = Field(default=0.32, ge=0, le=1)
    """D in the binder's nanopores relative to bulk; 0 blocks ions in the binder."""

    @model_validator(mode="after")
    def _are_within_reach_of_each_other(self) -> Self:
        solids = (self.active_conductivity_S_per_m, self.binder_conductivity_S_per_m)
        if 0 < MOST_CONTRAST * min(solids) < max(solids):
            raise ValueError(
                f"the conductivities of active and binder, {solids[0]:g} and {solids[1]:g} S/m, "
                f"may be at most {MOST_CONTRAST:g} times apart: raise the smaller, or set it to 0"
            )
        if 0 < MOST_CONTRAST * self.binder_ion_diffusivity < 1:
            raise ValueError(
                f"binder_ion_diffusivity {self.binder_ion_diffusivity:g} must be 0 (blocks ions) "
                f"or at least {1 / MOST_CONTRAST:g}"
            )
        return self
