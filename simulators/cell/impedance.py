"""The impedance of a resting cell, at the frequencies of a cycler's own spectroscopy step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from aurora_unicycler import ImpedanceSpectroscopy

from experiments.errors import Invalid
from simulators.cell.balance import Balance
from simulators.cell.chemistry import Array
from simulators.cell.discharge import Conditions
from simulators.cell.p2d_inputs import DesignInputs, at_state_of_charge
from simulators.cell.p2d_model import ModelKind, bare_model, mesh_points, submesh_types
from simulators.cell.p2d_parameters import design_parameters
from simulators.cell.pybamm_door import pybamm


@dataclass(frozen=True)
class Spectrum:
    """Impedance per frequency, of one square metre of coated area."""

    frequency_Hz: Array
    impedance_Ohm_m2: npt.NDArray[np.complex128]


def impedance(
    design: DesignInputs,
    balance: Balance,
    step: ImpedanceSpectroscopy,
    conditions: Conditions,
    *,
    at_share: float = 0.5,
) -> Spectrum:
    """Linearise the cell at rest at a state of charge; the step's amplitude does not matter.

    Double layers are the parameter set's, on the measured area. Raises ``Invalid`` where the set
    has none or the electrodes are graded.
    """
    if not 0.0 <= at_share <= 1.0:
        raise Invalid(f"at_share: {at_share:g} is out of range; allowed: 0 to 1")
    kind = conditions.kind(design)
    if kind.knots > 1:
        raise Invalid("impedance takes even electrodes; give no knots")
    inputs = {**conditions.named(), **at_state_of_charge(design, balance, at_share).named()}
    frequency_Hz = frequencies_Hz(step)
    solved = _simulation(kind).solve(frequency_Hz, inputs=inputs)
    return Spectrum(frequency_Hz, np.asarray(solved.impedance, dtype=np.complex128))


def frequencies_Hz(step: ImpedanceSpectroscopy) -> Array:
    """Return the frequencies of a step, evenly spaced in their logarithm, both ends included."""
    decades = abs(np.log10(step.end_frequency_Hz / step.start_frequency_Hz))
    n = max(2, round(decades * step.points_per_decade) + 1)
    return np.geomspace(step.start_frequency_Hz, step.end_frequency_Hz, n)


@lru_cache(maxsize=4)
def _simulation(kind: ModelKind) -> Any:
    values = design_parameters(kind)
    for side in ("Negative",) * (not kind.is_half_cell) + ("Positive",):
        name = f"{side} electrode double-layer capacity [F.m-2]"
        if name not in values:
            raise Invalid(f"cell.parameter_set: {kind.parameter_set!r} has no {name!r}")
    values.update({"Current function [A]": 0.0}, check_already_exists=False)
    bare = bare_model(kind, {"surface form": "differential"})
    return pybamm.EISSimulation(
        bare,
        parameter_values=values,
        submesh_types=submesh_types(bare),
        var_pts=mesh_points(kind.mesh),
    )
