"""The mesh's and the tolerance's error in a discharge, estimated for each design."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from experiments.errors import DesignFailed
from simulators.cell.discharge import Conditions, Discharge, discharge
from simulators.cell.p2d_inputs import DesignInputs
from simulators.cell.p2d_model import MeshSize

COARSENED_FROM: Final = 16
"""Fewer points than this are compared with twice as many instead of half: a mesh of 5 is too coarse
for second order; its difference to 10 overstated the error 2.4 times (docs/cell_accuracy.md)."""


@dataclass(frozen=True)
class OtherRuns:
    """The same discharge on another mesh through the electrodes, and on another in particles."""

    mesh: MeshSize
    other_mesh: MeshSize
    other_x: Discharge
    other_r: Discharge
    tight: Discharge
    """At a tenth of the tolerance, on the coarser of the two meshes through the electrodes."""

    def error(self, own: Discharge, quantity: Callable[[Discharge], float]) -> float:
        """Return the estimated error of a quantity: its value less that of the exact solution.

        Second order in both directions, which are refined apart because their errors may cancel by
        accident: with n and m points, (f_m − f_n) / ((n/m)² − 1) is the error of f_n.
        """
        value = quantity(own)
        in_x = (quantity(self.other_x) - value) / _excess(self.mesh.x, self.other_mesh.x)
        in_r = (quantity(self.other_r) - value) / _excess(self.mesh.r, self.other_mesh.r)
        loose = self.other_x if self.other_mesh.x < self.mesh.x else own
        return in_x + in_r + (quantity(loose) - quantity(self.tight))


def other_runs(design: DesignInputs, conditions: Conditions) -> OtherRuns | None:
    """Return the runs an error estimate needs, or None where one of them does not solve."""
    mesh = conditions.mesh
    other = MeshSize(x=_other(mesh.x), r=_other(mesh.r))
    other_x = replace(conditions, mesh=MeshSize(x=other.x, r=mesh.r))
    other_r = replace(conditions, mesh=MeshSize(x=mesh.x, r=other.r))
    coarser = other_x if other.x < mesh.x else conditions
    tight = replace(coarser, rtol=conditions.rtol * 0.1)
    try:
        return OtherRuns(
            mesh, other, *(discharge(design, run) for run in (other_x, other_r, tight))
        )
    except DesignFailed:
        return None


def _other(points: int) -> int:
    return 2 * points if points < COARSENED_FROM else points // 2


def _excess(points: int, other: int) -> float:
    return (points / other) ** 2 - 1.0
