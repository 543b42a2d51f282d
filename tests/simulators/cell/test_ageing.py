from dataclasses import replace

import numpy as np
import pybamm
import pytest

from experiments.campaign import CellSpec, Physics
from experiments.errors import Invalid
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe
from simulators.cell.ageing import Ageing, Mechanisms, age
from simulators.cell.balance import balance
from simulators.cell.discharge import Conditions
from simulators.cell.evaluate import design_inputs
from simulators.cell.p2d_inputs import DesignInputs, at_state_of_charge
from simulators.cell.p2d_model import MeshSize
from simulators.cell.protocols import cycling
from simulators.cell.sizing import size_cell
from tests.benchmarks.plain_pybamm import plain_values

CELL = CellSpec(parameter_set="OKane2022")
BALANCE = balance("OKane2022", 1.1)
CONDITIONS = Conditions(
    power_W_per_m2=1.0,
    resistance_Ohm_m2=0.0,
    temperature_K=298.15,
    parameter_set="OKane2022",
    mesh=MeshSize(x=8, r=6),
)
PROTOCOL = cycling(2, capacity_Ah=5.0, minimum_V=2.5, maximum_V=4.2)


@pytest.fixture(scope="module")
def design(recipe: Recipe, properties: EffectiveProperties) -> DesignInputs:
    return design_inputs(size_cell(CELL, recipe), recipe, properties, Physics())


@pytest.fixture(scope="module")
def aged(design: DesignInputs) -> Ageing:
    return age(design, BALANCE, PROTOCOL, CONDITIONS, Mechanisms())


def test_sei_grows_from_cycle_to_cycle(aged: Ageing) -> None:
    assert aged.cycles == 2
    assert not aged.reached_end
    assert 0.0 < aged.lost_to_sei_share[0] < aged.lost_to_sei_share[1] < 0.2


@pytest.mark.parametrize("way", ["smaller particles", "area factor"])
def test_sei_on_a_truly_larger_surface(design: DesignInputs, way: str) -> None:
    """Half the radius is twice the surface in PyBaMM itself; ours only knows a factor.

    With an area factor the particle stays large, so solid diffusion is made fast in both.
    """
    smaller = replace(design.negative, particle_radius_m=0.5 * design.negative.particle_radius_m)
    ours = replace(design, negative=smaller)
    if way == "area factor":
        ours = replace(design, negative=replace(design.negative, area_factor=2.0))
    found = age(ours, BALANCE, PROTOCOL, CONDITIONS, Mechanisms(plating=False))
    truth = replace(design, negative=smaller)
    plain = _plain_sei(at_state_of_charge(truth, BALANCE, 0.0)) / design.capacity_Ah_per_m2
    same = age(design, BALANCE, PROTOCOL, CONDITIONS, Mechanisms(plating=False))
    assert found.lost_to_sei_share[-1] > 1.5 * same.lost_to_sei_share[-1]
    tolerance = 0.01 if way == "smaller particles" else 0.05
    assert found.lost_to_sei_share[-1] == pytest.approx(plain, rel=tolerance)


def _plain_sei(design: DesignInputs) -> float:
    values = plain_values(design, 1.0, 0.0, parameter_set="OKane2022")
    simulation = pybamm.Simulation(
        pybamm.lithium_ion.DFN(
            {
                "SEI": "solvent-diffusion limited",
                "SEI porosity change": "true",
                "transport efficiency": "tortuosity factor",
                "contact resistance": "true",
            }
        ),
        experiment=pybamm.Experiment(PROTOCOL.to_pybamm_experiment()),
        parameter_values=values,
        var_pts=dict.fromkeys(("x_n", "x_s", "x_p", "r_n", "r_p"), 10),
        solver=pybamm.IDAKLUSolver(rtol=1e-4, atol=1e-6, on_extrapolation="ignore"),
    )
    solution = simulation.solve(calc_esoh=False, showprogress=False)
    return float(np.asarray(solution["Loss of capacity to negative SEI [A.h]"].entries)[-1])


def test_a_set_without_ageing_parameters_is_refused(design: DesignInputs) -> None:
    with pytest.raises(Invalid, match=r"'Chen2020' holds no ageing.*allowed: .*OKane2022"):
        age(
            design,
            BALANCE,
            PROTOCOL,
            replace(CONDITIONS, parameter_set="Chen2020"),
            Mechanisms(),
        )
