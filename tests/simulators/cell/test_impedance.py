"""The impedance agrees with plain PyBaMM's and takes a cycler's own step."""

from dataclasses import replace

import numpy as np
import pybamm
import pytest
from aurora_unicycler import ImpedanceSpectroscopy

from experiments.cell_spec import CellSpec
from experiments.errors import Invalid
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe
from simulators.cell.balance import balance
from simulators.cell.discharge import Conditions
from simulators.cell.evaluate import design_inputs
from simulators.cell.impedance import frequencies_Hz, impedance
from simulators.cell.p2d_inputs import DesignInputs, at_state_of_charge
from simulators.cell.p2d_model import MeshSize
from simulators.cell.sizing import size_cell
from tests.benchmarks.plain_pybamm import plain_values

BALANCE = balance("Chen2020", 1.1)
CONDITIONS = Conditions(
    power_W_per_m2=1.0, resistance_Ohm_m2=2e-4, temperature_K=298.15, mesh=MeshSize(x=16, r=12)
)
STEP = ImpedanceSpectroscopy(
    amplitude_V=0.01, start_frequency_Hz=1e4, end_frequency_Hz=1.0, points_per_decade=2
)


@pytest.fixture(scope="module")
def design(recipe: Recipe, properties: EffectiveProperties) -> DesignInputs:
    return design_inputs(size_cell(CellSpec(), recipe), recipe, properties, Physics())


def test_impedance_agrees_with_plain_pybamm_on_true_lengths(design: DesignInputs) -> None:
    found = impedance(design, BALANCE, STEP, CONDITIONS)
    values = plain_values(at_state_of_charge(design, BALANCE, 0.5), 1.0, 2e-4)
    for side, electrode in (("Negative", design.negative), ("Positive", design.positive)):
        name = f"{side} electrode double-layer capacity [F.m-2]"
        values.update({name: values[name] * electrode.area_factor})
    model = pybamm.lithium_ion.DFN(
        {
            "transport efficiency": "tortuosity factor",
            "contact resistance": "true",
            "surface form": "differential",
        }
    )
    points = dict.fromkeys(("x_n", "x_s", "x_p", "r_n", "r_p"), 30)
    plain = pybamm.EISSimulation(model, parameter_values=values, var_pts=points)
    expected = plain.solve(found.frequency_Hz).impedance
    assert np.abs(found.impedance_Ohm_m2 / expected - 1.0).max() < 0.015


def test_a_contact_resistance_shifts_the_whole_spectrum(design: DesignInputs) -> None:
    without = impedance(design, BALANCE, STEP, replace(CONDITIONS, resistance_Ohm_m2=0.0))
    shift = impedance(design, BALANCE, STEP, CONDITIONS).impedance_Ohm_m2 - without.impedance_Ohm_m2
    assert shift.real == pytest.approx(2e-4, rel=1e-6)
    assert np.abs(shift.imag).max() < 1e-9


def test_frequencies_are_the_steps_own() -> None:
    found = frequencies_Hz(STEP)
    assert len(found) == 9
    assert found[0] == pytest.approx(1e4)
    assert found[-1] == pytest.approx(1.0)


def test_a_state_of_charge_out_of_range_is_refused(design: DesignInputs) -> None:
    with pytest.raises(Invalid, match=r"at_share: 2 is out of range"):
        impedance(design, BALANCE, STEP, CONDITIONS, at_share=2.0)
