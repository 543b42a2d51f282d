from dataclasses import replace

import numpy as np
import pybamm
import pytest
from aurora_unicycler import CyclingProtocol

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
TOLERANCE = {"SEI": 0.05, "plating": 0.03, "active loss": 0.1}
"""The two meshes differ, and the loss of active material goes with the square of the stress."""
WINDOW = {"capacity_Ah": 5.0, "minimum_V": 2.5, "maximum_V": 4.2}
PROTOCOL = cycling(2, **WINDOW)


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


@pytest.mark.parametrize(
    ("mechanism", "way", "n_cycles"),
    [
        ("SEI", "area factor", 1),
        ("plating", "smaller particles", 1),
        pytest.param("SEI", "area factor", 2, marks=pytest.mark.slow),
        pytest.param("SEI", "smaller particles", 2, marks=pytest.mark.slow),
        pytest.param("plating", "smaller particles", 2, marks=pytest.mark.slow),
        pytest.param("active loss", "smaller particles", 2, marks=pytest.mark.slow),
    ],
)
def test_ageing_on_a_truly_larger_surface(
    design: DesignInputs, mechanism: str, way: str, n_cycles: int
) -> None:
    """Half the radius is twice the surface in PyBaMM itself; ours only knows a factor.

    With an area factor the particle stays large, and lithium diffuses differently in it.
    """
    smaller = replace(design.negative, particle_radius_m=0.5 * design.negative.particle_radius_m)
    larger = smaller if way == "smaller particles" else replace(design.negative, area_factor=2.0)
    mechanisms = Mechanisms(
        sei=mechanism == "SEI",
        plating=mechanism == "plating",
        active_loss=mechanism == "active loss",
    )
    protocol = cycling(n_cycles, **WINDOW)
    found = age(replace(design, negative=larger), BALANCE, protocol, CONDITIONS, mechanisms)
    truth = at_state_of_charge(replace(design, negative=smaller), BALANCE, 0.0)
    plain = _plain_losses(truth, mechanism, protocol)
    ours = {
        "SEI": found.lost_to_sei_share[-1] * design.capacity_Ah_per_m2,
        "plating": found.lost_to_plating_share[-1] * design.capacity_Ah_per_m2,
        "active loss": found.lost_active_share[-1],
    }[mechanism]
    assert ours == pytest.approx(plain, rel=TOLERANCE[mechanism])


def _plain_losses(design: DesignInputs, mechanism: str, protocol: CyclingProtocol) -> float:
    options, name = {
        "SEI": (
            {"SEI": "solvent-diffusion limited", "SEI porosity change": "true"},
            "Loss of capacity to negative SEI [A.h]",
        ),
        "plating": (
            {"lithium plating": "partially reversible"},
            "Loss of capacity to negative lithium plating [A.h]",
        ),
        "active loss": (
            {"loss of active material": "stress-driven"},
            "Loss of active material in negative electrode [%]",
        ),
    }[mechanism]
    simulation = pybamm.Simulation(
        pybamm.lithium_ion.DFN(
            {**options, "transport efficiency": "tortuosity factor", "contact resistance": "true"}
        ),
        experiment=pybamm.Experiment(protocol.to_pybamm_experiment()),
        parameter_values=plain_values(design, 1.0, 0.0, parameter_set="OKane2022"),
        var_pts=dict.fromkeys(("x_n", "x_s", "x_p", "r_n", "r_p"), 12),
        solver=pybamm.IDAKLUSolver(rtol=1e-4, atol=1e-6, on_extrapolation="ignore"),
    )
    solution = simulation.solve(calc_esoh=False, showprogress=False)
    lost = float(np.asarray(solution[name].entries)[-1])
    return lost / 100.0 if mechanism == "active loss" else lost


def test_a_set_without_ageing_parameters_is_refused(design: DesignInputs) -> None:
    with pytest.raises(Invalid, match=r"'Chen2020' holds no ageing.*allowed: .*OKane2022"):
        age(
            design,
            BALANCE,
            PROTOCOL,
            replace(CONDITIONS, parameter_set="Chen2020"),
            Mechanisms(),
        )
