from dataclasses import replace

import numpy as np
import pybamm
import pytest

from experiments.cell_spec import CellSpec
from experiments.errors import Invalid
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe
from simulators.cell.ageing import Ageing, Mechanisms, age
from simulators.cell.balance import balance
from simulators.cell.discharge import Conditions
from simulators.cell.evaluate import design_inputs
from simulators.cell.p2d_inputs import DesignInputs, ElectrodeInputs, at_state_of_charge
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
TOLERANCE = {"SEI": 0.01, "plating": 0.01, "active loss": 0.1}
"""The two meshes differ, and the loss of active material goes with the square of the stress."""
AREA_TOLERANCE = 0.05
"""With an area factor the particle stays large, and lithium diffuses differently in it."""
LOSS = {
    "SEI": "Loss of capacity to negative SEI [A.h]",
    "plating": "Loss of capacity to negative lithium plating [A.h]",
    "active loss": "Loss of active material in negative electrode [%]",
}
WINDOW = {"capacity_Ah": 5.0, "minimum_V": 2.5, "maximum_V": 4.2}
PROTOCOL = cycling(2, **WINDOW)


@pytest.fixture(scope="module")
def design(recipe: Recipe, properties: EffectiveProperties) -> DesignInputs:
    return design_inputs(size_cell(CELL, recipe), recipe, properties, Physics())


@pytest.fixture(scope="module")
def aged(design: DesignInputs) -> Ageing:
    """Return two cycles of SEI and plating on half the particle radius."""
    halved = replace(design, negative=smaller(design))
    return age(halved, BALANCE, PROTOCOL, CONDITIONS, Mechanisms())


def test_sei_grows_from_cycle_to_cycle(aged: Ageing) -> None:
    assert aged.cycles == 2
    assert not aged.reached_end
    assert 0.0 < aged.lost_to_sei_share[0] < aged.lost_to_sei_share[1] < 0.2


@pytest.fixture(scope="module")
def plain(design: DesignInputs) -> dict[str, float]:
    """Return what plain PyBaMM loses on half the radius, which is twice the surface."""
    return plain_losses(
        design,
        {
            "SEI": "solvent-diffusion limited",
            "SEI porosity change": "true",
            "lithium plating": "partially reversible",
        },
    )


@pytest.mark.parametrize("mechanism", ["SEI", "plating"])
def test_losses_on_smaller_particles_are_those_of_a_truly_larger_surface(
    design: DesignInputs, aged: Ageing, plain: dict[str, float], mechanism: str
) -> None:
    found = losses(design, aged)
    assert found[mechanism] == pytest.approx(plain[mechanism], rel=TOLERANCE[mechanism])


@pytest.mark.slow
def test_sei_by_an_area_factor_is_that_of_a_truly_larger_surface(
    design: DesignInputs, plain: dict[str, float]
) -> None:
    larger = replace(design, negative=replace(design.negative, area_factor=2.0))
    found = losses(larger, age(larger, BALANCE, PROTOCOL, CONDITIONS, Mechanisms()))
    assert found["SEI"] == pytest.approx(plain["SEI"], rel=AREA_TOLERANCE)


@pytest.mark.slow
def test_active_material_is_lost_as_on_a_truly_larger_surface(design: DesignInputs) -> None:
    only = Mechanisms(sei=False, plating=False, active_loss=True)
    halved = replace(design, negative=smaller(design))
    found = losses(halved, age(halved, BALANCE, PROTOCOL, CONDITIONS, only))
    truth = plain_losses(design, {"loss of active material": "stress-driven"})
    assert found["active loss"] == pytest.approx(truth["active loss"], rel=TOLERANCE["active loss"])


def smaller(design: DesignInputs) -> ElectrodeInputs:
    """Return the negative with half the particle radius."""
    return replace(design.negative, particle_radius_m=0.5 * design.negative.particle_radius_m)


def losses(design: DesignInputs, found: Ageing) -> dict[str, float]:
    """Return what our two cycles lose, in Ah/m² and as a share."""
    return {
        "SEI": found.lost_to_sei_share[-1] * design.capacity_Ah_per_m2,
        "plating": found.lost_to_plating_share[-1] * design.capacity_Ah_per_m2,
        "active loss": found.lost_active_share[-1],
    }


def plain_losses(design: DesignInputs, options: dict[str, str]) -> dict[str, float]:
    """Return what plain PyBaMM's two cycles lose on half the radius."""
    truth = at_state_of_charge(replace(design, negative=smaller(design)), BALANCE, 0.0)
    simulation = pybamm.Simulation(
        pybamm.lithium_ion.DFN(
            {**options, "transport efficiency": "tortuosity factor", "contact resistance": "true"}
        ),
        experiment=pybamm.Experiment(PROTOCOL.to_pybamm_experiment()),
        parameter_values=plain_values(truth, 1.0, 0.0, parameter_set="OKane2022"),
        var_pts=dict.fromkeys(("x_n", "x_s", "x_p", "r_n", "r_p"), 12),
        solver=pybamm.IDAKLUSolver(rtol=1e-5, atol=1e-7, on_extrapolation="ignore"),
    )
    solution = simulation.solve(calc_esoh=False, showprogress=False)
    lost = {name: float(np.asarray(solution[full].entries)[-1]) for name, full in LOSS.items()}
    return {**lost, "active loss": lost["active loss"] / 100.0}


def test_a_set_without_ageing_parameters_is_refused(design: DesignInputs) -> None:
    with pytest.raises(Invalid, match=r"'Chen2020' holds no ageing.*allowed: .*OKane2022"):
        age(
            design,
            BALANCE,
            PROTOCOL,
            replace(CONDITIONS, parameter_set="Chen2020"),
            Mechanisms(),
        )
