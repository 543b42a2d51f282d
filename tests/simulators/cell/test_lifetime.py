"""Jumped cycles end where solved ones do, and a metric reaches the cell stage."""

from dataclasses import replace

import numpy as np
import pytest

from experiments.cell_spec import AgeingSpec, CellSpec
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe
from simulators.cell.ageing import Mechanisms, age
from simulators.cell.balance import balance
from simulators.cell.discharge import Conditions
from simulators.cell.evaluate import design_inputs
from simulators.cell.lifetime import lifetime
from simulators.cell.p2d_inputs import DesignInputs
from simulators.cell.p2d_model import MeshSize
from simulators.cell.protocols import cycling
from simulators.cell.sizing import size_cell

BALANCE = balance("OKane2022", 1.1)
SEI_ONLY = {"plating": False, "active_loss": False}
CONDITIONS = Conditions(
    power_W_per_m2=1.0,
    resistance_Ohm_m2=0.0,
    temperature_K=298.15,
    parameter_set="OKane2022",
    mesh=MeshSize(x=5, r=5),
)


@pytest.fixture(scope="module")
def design(recipe: Recipe, properties: EffectiveProperties) -> DesignInputs:
    cell = CellSpec(parameter_set="OKane2022")
    return design_inputs(size_cell(cell, recipe), recipe, properties, Physics())


@pytest.mark.slow
def test_a_life_ends_at_its_share_and_solves_few_of_its_cycles(design: DesignInputs) -> None:
    found = lifetime(design, BALANCE, CONDITIONS, AgeingSpec(end_share=0.998))
    assert found.reached_end
    assert found.solved_cycles < 0.5 * found.cycles
    assert np.all(np.diff(found.charge_share) < 0.0)
    assert found.charge_share[-1] < 0.998 < found.charge_share[-2]


def test_a_search_that_stops_says_so(design: DesignInputs) -> None:
    quick = replace(CONDITIONS, model="SPM")
    found = lifetime(design, BALANCE, quick, AgeingSpec(max_cycles=3, **SEI_ONLY))
    assert not found.reached_end
    assert found.cycles == 3


@pytest.mark.slow
def test_jumped_cycles_agree_with_solving_every_one(design: DesignInputs) -> None:
    """PyBaMM takes longer for every further cycle of one run, so the life is a short one."""
    spec = AgeingSpec(end_share=0.999)
    found = lifetime(design, BALANCE, CONDITIONS, spec)
    assert found.solved_cycles < 0.7 * found.cycles
    protocol = cycling(
        int(1.1 * found.cycles) + 2,
        capacity_Ah=5.0,
        minimum_V=2.5,
        maximum_V=4.2,
        charge_rate_per_h=spec.charge_rate_per_h,
        discharge_rate_per_h=spec.discharge_rate_per_h,
    )
    solved = age(
        design, BALANCE, protocol, CONDITIONS, Mechanisms(active_loss=True, end_share=0.999)
    )
    assert solved.reached_end
    shares = solved.discharged_Ah_per_m2 / solved.discharged_Ah_per_m2[0]
    at_end = np.interp(0.999, shares[:-3:-1], [solved.cycles, solved.cycles - 1])
    assert found.cycles == pytest.approx(at_end, rel=0.02)
