"""Conjugate gradients in progress: the vectors, the energy so far, one iteration at a time."""

from __future__ import annotations

import math
from typing import Generic

from simulators.properties.compiled import Reals
from simulators.properties.conduction.finest_grid import FinestGrid, Vector


class Descent(Generic[Vector]):
    """The energy's way down from a linear fall of the potential."""

    def __init__(self, grid: FinestGrid[Vector]) -> None:
        self.grid = grid
        self.potential, self._direction = grid.zeros(), grid.zeros()
        self._image, self._residual = grid.spare(), grid.zeros()
        grid.start(self.potential)
        self.power: Reals = grid.dissipate(self.potential, self._residual)
        self.energy = math.fsum(self.power)
        self.iterations = 0
        self.rz = self.first_rz = 0.0
        """Residual times its preconditioned form: now, and at first."""
        self.drop = self.last_drop = 0.0
        """By how much the last iteration, and the one before, lowered the energy."""
        self._alpha = self._pending = 0.0

    def advance(self) -> None:
        """Iterate once; the potential itself follows an iteration later, or with ``settle``."""
        grid = self.grid
        before, self.rz = self.rz, grid.precondition(self._alpha, self._image, self._residual)
        self.first_rz = self.first_rz or self.rz
        turn = self.rz / before if self.iterations > 0 else 0.0
        grid.turn(self.potential, self._direction, self._image, self._pending, turn)
        curvature = grid.operate(self._direction, self._image)
        self._pending = self._alpha = self.rz / curvature if curvature > 0 else 0.0
        self.last_drop, self.drop = self.drop, self._alpha * self.rz
        self.energy -= self.drop
        self.iterations += 1

    def settle(self) -> None:
        """Bring the potential up to date, and energy and residual anew from it in double precision.

        The iteration goes on from there, so rounding cannot build up.
        """
        self.grid.step(self.potential, self._direction, self._alpha)
        self.power = self.grid.dissipate(self.potential, self._residual)
        self.energy = math.fsum(self.power)
        self._alpha = self._pending = 0.0

    def missing(self) -> float:
        """Return the energy of a flux that balances the potential; after ``settle`` only."""
        return self.grid.flux_energy(self._residual, self._image)
