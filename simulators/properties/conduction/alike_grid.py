"""The finest grid of one conductor in cubic voxels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulators.properties.compiled import Codes, Floats, Reals
from simulators.properties.conduction import one_conductor
from simulators.properties.conduction.dissipation import dissipate_alike, power_of_layers
from simulators.properties.conduction.sweeping import Sweeping


@dataclass(frozen=True)
class AlikeGrid(Sweeping):
    """Degrees of both colours (see ``one_conductor``) and the sweeps over them."""

    red: Codes
    black: Codes

    def start(self, u: Floats) -> None:
        """Let the potential fall linearly from end to end wherever anything conducts."""
        self.fall(u, self.black)

    def operate(self, p: Floats, q: Floats) -> float:
        """Set q = A p; return p . q."""
        self.refresh(p)
        return self.total(one_conductor.operate, self.red, self.black, p, q, *self.shape)

    def precondition(self, alpha: float, q: Floats, r: Floats) -> float:
        """Take r - alpha q as residual, leave its preconditioned form z in q; return r . z."""
        self.run(one_conductor.descend, self.black, alpha, q, r, self.layout.grid)
        self.refresh(q)
        below = self.correct(one_conductor.gather, self.red, q)
        return self.total(one_conductor.smooth, self.red, self.black, r, q, *self.shape, below)

    def dissipate(self, u: Floats, r: Floats) -> Reals:
        """Return the power every layer dissipates under ``u``; leave its residual in ``r``."""
        self.refresh(u)
        slabs = self.run(dissipate_alike, self.red, self.black, u, r, *self.shape)
        return power_of_layers(np.concatenate(slabs))

    def potentials(self, u: Floats) -> tuple[Floats, Floats]:
        """Return the potential of red and of black voxels, NaN where nothing conducts."""
        red = self.layout.zeros()
        self.refresh(u)
        self.run(one_conductor.average, self.red, u, 1.0, red, *self.shape)
        nothing = np.float32(np.nan)
        return np.where(self.red > 0, red, nothing), np.where(self.black > 0, u, nothing)
