"""The finest grid as conjugate gradients see it, whichever sweeps run on it."""

from __future__ import annotations

from typing import Protocol, TypeVar

from simulators.properties.compiled import Reals
from simulators.properties.conduction.checkerboard import Layout

Vector = TypeVar("Vector")


class FinestGrid(Protocol[Vector]):
    """What the solver asks of a grid. Vectors hold black voxels; the solver never looks inside."""

    @property
    def layout(self) -> Layout:
        """Return the grid's sizes."""

    def zeros(self) -> Vector:
        """Return a new vector of zeros."""

    def spare(self) -> Vector:
        """Return a vector of zeros that ``flux_energy`` may use up."""

    def start(self, u: Vector) -> None:
        """Let the potential fall linearly from end to end wherever anything conducts."""

    def operate(self, p: Vector, q: Vector) -> float:
        """Set q = A p, both ends held at 0; return p . q."""

    def precondition(self, alpha: float, q: Vector, r: Vector) -> float:
        """Take r - alpha q as residual, leave its preconditioned form z in q; return r . z."""

    def turn(self, u: Vector, p: Vector, z: Vector, alpha: float, beta: float) -> None:
        """Take u + alpha p, then make z + beta p the next direction."""

    def step(self, u: Vector, p: Vector, alpha: float) -> None:
        """Take u + alpha p."""

    def dissipate(self, u: Vector, r: Vector) -> Reals:
        """Return the power every layer dissipates under ``u``; leave its residual in ``r``."""

    def flux_energy(self, r: Vector, spare: Vector) -> float:
        """Return the energy of a flux that carries ``r`` to the end faces; ``spare`` is lost."""
