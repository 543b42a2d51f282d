"""The finest grid of several conductivities, or of voxels that are no cubes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulators.properties.compiled import Floats, Reals
from simulators.properties.conduction import several_conductors
from simulators.properties.conduction.dissipation import dissipate_mixed, power_of_layers
from simulators.properties.conduction.several_conductors import Material
from simulators.properties.conduction.sweeping import Sweeping


@dataclass(frozen=True)
class MixedGrid(Sweeping):
    """Resistances of both colours, 1 over the black voxels' degrees, and the sweeps over them.

    The inverse degrees stand in the first half of the room. ``flux_energy`` uses them up and they
    are made again: that saves 2 bytes a voxel at the peak.
    """

    material: Material

    @property
    def inverse(self) -> Floats:
        """Return 1 over the black voxels' degrees."""
        return self.room[: self.layout.size]

    def invert(self) -> None:
        """Make the inverse degrees."""
        self.run(several_conductors.invert_degrees, self.material, self.inverse, *self.shape)

    def flux_energy(self, r: Floats, spare: Floats) -> float:
        """Return the energy of a flux that carries ``r`` to the end faces; ``spare`` is lost."""
        energy = super().flux_energy(r, spare)
        self.room[: self.layout.size] = 0
        self.invert()
        return energy

    def start(self, u: Floats) -> None:
        """Let the potential fall linearly from end to end wherever anything conducts."""
        self.fall(u, self.inverse)

    def operate(self, p: Floats, q: Floats) -> float:
        """Set q = A p; return p . q."""
        self.refresh(p)
        return self.total(several_conductors.operate, self.material, p, q, *self.shape)

    def precondition(self, alpha: float, q: Floats, r: Floats) -> float:
        """Take r - alpha q as residual, leave its preconditioned form z in q; return r . z."""
        self.run(several_conductors.descend, self.inverse, alpha, q, r, self.layout.grid)
        self.refresh(q)
        below = self.correct(several_conductors.gather, self.material, q)
        return self.total(several_conductors.smooth, self.material, r, q, *self.shape, below)

    def dissipate(self, u: Floats, r: Floats) -> Reals:
        """Return the power every layer dissipates under ``u``; leave its residual in ``r``."""
        self.refresh(u)
        slabs = self.run(dissipate_mixed, self.material, self.road.weights, u, r, *self.shape)
        return power_of_layers(np.concatenate(slabs))

    def potentials(self, u: Floats) -> tuple[Floats, Floats]:
        """Return the potential of red and of black voxels, NaN where nothing conducts."""
        red = self.layout.zeros()
        self.refresh(u)
        self.run(several_conductors.average, self.material, u, 1.0, red, *self.shape)
        rho_red, rho_black, _ = self.material
        nothing = np.float32(np.nan)
        return (
            np.where(rho_red < np.inf, red, nothing),
            np.where(rho_black < np.inf, u, nothing),
        )
