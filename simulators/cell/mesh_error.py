"""The mesh's and the tolerance's error in a discharge, estimated for each design."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

from experiments.errors import DesignFailed
from simulators.cell.discharge import Conditions, Discharge, discharge
from simulators.cell.p2d_inputs import DesignInputs
from simulators.cell.p2d_model import MeshSize

ORDER_LESS_ONE: Final = 3.0
"""2^p − 1 for halved meshes of second order, as measured (docs/cell_accuracy.md)."""


class CoarserRuns(NamedTuple):
    """The same discharge with half the points through the electrodes, and half in the particles."""

    half_x: Discharge
    half_r: Discharge
    half_x_tight: Discharge
    """As ``half_x``, at a tenth of the tolerance."""


def coarser_runs(design: DesignInputs, conditions: Conditions) -> CoarserRuns | None:
    """Return the runs an error estimate needs, or None where a coarser mesh cannot solve it."""
    mesh = conditions.mesh
    half_x = replace(conditions, mesh=MeshSize(x=max(mesh.x // 2, 4), r=mesh.r))
    half_r = replace(conditions, mesh=MeshSize(x=mesh.x, r=max(mesh.r // 2, 4)))
    tight = replace(half_x, rtol=conditions.rtol * 0.1)
    try:
        return CoarserRuns(*(discharge(design, run) for run in (half_x, half_r, tight)))
    except DesignFailed:
        return None


def estimated_error(fine: float, half_x: float, half_r: float, half_x_tight: float) -> float:
    """Return the estimated error of a quantity: its value less that of the exact solution.

    Both mesh directions are refined apart, because their errors may cancel by accident.
    """
    mesh = ((half_x - fine) + (half_r - fine)) / ORDER_LESS_ONE
    return mesh + (half_x - half_x_tight)
