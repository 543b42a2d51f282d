from dataclasses import replace

import numpy as np
import pybamm
import pytest

from experiments.cell_spec import CellSpec
from experiments.errors import Invalid
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from experiments.recipe import ElectrolyteRecipe, Recipe
from simulators.cell.discharge import Conditions, Cooling, discharge
from simulators.cell.evaluate import design_inputs
from simulators.cell.p2d_inputs import DesignInputs, ElectrodeInputs
from simulators.cell.p2d_model import MeshSize
from simulators.cell.sizing import size_cell
from tests.benchmarks.plain_pybamm import energy_Wh_per_m2, plain_values

CONDITIONS = Conditions(
    power_W_per_m2=300.0, resistance_Ohm_m2=2e-4, temperature_K=298.15, mesh=MeshSize(x=10, r=5)
)


@pytest.fixture(scope="module")
def design(recipe: Recipe, properties: EffectiveProperties) -> DesignInputs:
    return design_inputs(size_cell(CellSpec(), recipe), recipe, properties, Physics())


def graded(electrode: ElectrodeInputs, slope: float) -> tuple[ElectrodeInputs, ...]:
    """Return a porosity that falls by ``slope`` from separator to collector, same mean."""
    knots = []
    for position in (0.0, 0.5, 1.0):
        porosity = electrode.porosity + slope * (0.5 - position)
        knots.append(
            replace(
                electrode,
                porosity=porosity,
                active_fraction=electrode.active_fraction
                * (1.0 - porosity)
                / (1.0 - electrode.porosity),
                pore_transport=porosity**1.5,
            )
        )
    return tuple(knots)


def test_an_even_electrode_given_by_knots_is_the_even_electrode(design: DesignInputs) -> None:
    by_knots = replace(design, positive_knots=(design.positive,) * 3)
    assert discharge(by_knots, CONDITIONS).energy_Wh_per_m2 == pytest.approx(
        discharge(design, CONDITIONS).energy_Wh_per_m2, rel=1e-6
    )


def test_a_graded_electrode_agrees_with_pybamms_functions_of_position(
    design: DesignInputs,
) -> None:
    slope, mean = 0.2, design.positive.porosity
    start_m, depth_m = design.negative.thickness_m + 12e-6, design.positive.thickness_m

    def porosity(x: pybamm.Symbol, *_: object) -> pybamm.Symbol:
        return mean + slope * (0.5 - (x - start_m) / depth_m)

    def active(x: pybamm.Symbol, *_: object) -> pybamm.Symbol:
        return design.positive.active_fraction * (1.0 - porosity(x)) / (1.0 - mean)

    values = plain_values(design, CONDITIONS.power_W_per_m2, CONDITIONS.resistance_Ohm_m2)
    values.update(
        {
            "Positive electrode porosity": porosity,
            "Positive electrode active material volume fraction": active,
        }
    )
    plain = pybamm.Simulation(
        pybamm.lithium_ion.DFN({"operating mode": "power", "contact resistance": "true"}),
        parameter_values=values,
        solver=pybamm.IDAKLUSolver(rtol=1e-4, atol=1e-6, on_extrapolation="ignore"),
        var_pts=dict.fromkeys(("x_n", "x_s", "x_p", "r_n", "r_p"), 25),
    ).solve([0.0, 4000.0])
    even = replace(design.positive, pore_transport=design.positive.porosity**1.5)
    found = discharge(
        replace(design, positive=even, positive_knots=graded(even, slope)), CONDITIONS
    )
    expected = energy_Wh_per_m2(plain, CONDITIONS.power_W_per_m2)
    assert found.energy_Wh_per_m2 == pytest.approx(expected, rel=4e-3)


def test_a_graded_electrode_needs_a_model_with_depth(design: DesignInputs) -> None:
    knots = replace(design, positive_knots=(design.positive,) * 3)
    with pytest.raises(Invalid, match="needs 'DFN'"):
        discharge(knots, replace(CONDITIONS, model="SPMe"))


def test_a_cell_without_cooling_warms_by_its_losses(design: DesignInputs) -> None:
    """Heat = ∫ current × lost voltage; mixing in particles makes none in the model, nor entropy."""
    capacity_J_per_K_m2 = 2000.0
    adiabatic = replace(CONDITIONS, cooling=Cooling(capacity_J_per_K_m2, 0.0))
    warmed = discharge(design, adiabatic, with_details=True)
    lost_V = sum(
        loss for name, loss in warmed.losses_V.items() if not name.endswith("tive diffusion")
    )
    heat_J_per_m2 = np.trapezoid(warmed.power_W_per_m2 / warmed.voltage_V * lost_V, warmed.time_s)
    warming_K = warmed.highest_temperature_K - CONDITIONS.temperature_K
    assert warming_K == pytest.approx(heat_J_per_m2 / capacity_J_per_K_m2, rel=0.05)


def test_a_cell_cooled_without_limit_stays_at_the_ambient_temperature(
    design: DesignInputs,
) -> None:
    cooled = discharge(design, replace(CONDITIONS, cooling=Cooling(2000.0, 1e4)))
    assert cooled.highest_temperature_K == pytest.approx(CONDITIONS.temperature_K, abs=0.1)
    isothermal = discharge(design, CONDITIONS)
    assert cooled.energy_Wh_per_m2 == pytest.approx(isothermal.energy_Wh_per_m2, rel=2e-3)


def test_a_better_electrolyte_gives_more_energy(design: DesignInputs) -> None:
    fast = replace(CONDITIONS, power_W_per_m2=600.0)
    plain = discharge(design, fast).energy_Wh_per_m2
    better = ElectrolyteRecipe(conductivity_factor=1.5, diffusivity_factor=1.5)
    assert discharge(design, replace(fast, electrolyte=better)).energy_Wh_per_m2 > plain


def test_an_unknown_correlation_names_the_known_ones(design: DesignInputs) -> None:
    with pytest.raises(Invalid, match=r"'Water1800' is not known; allowed: .*Landesfeind2019"):
        discharge(
            design, replace(CONDITIONS, electrolyte=ElectrolyteRecipe(correlation="Water1800"))
        )
