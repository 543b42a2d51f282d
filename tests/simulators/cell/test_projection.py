"""A laboratory cell says of the whole cell what its simulation says, with an honest spread."""

from dataclasses import replace

import pytest

from experiments.cell_spec import CellSpec
from experiments.errors import Invalid
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe
from simulators.cell import evaluate_cell
from simulators.cell.discharge import discharge
from simulators.cell.evaluate import cell_conditions, design_inputs
from simulators.cell.p2d_model import MeshSize
from simulators.cell.projection import project
from simulators.cell.sizing import size_cell

CELL = CellSpec()
POWER_W = 150.0


def laboratory_energy_Wh_per_m2(recipe: Recipe, properties: EffectiveProperties) -> float:
    """Return what a single-layer pouch would give at the whole cell's areal power."""
    whole = size_cell(CELL, recipe)
    small = size_cell(CellSpec(format="single-layer-pouch"), recipe).whole
    conditions = replace(
        cell_conditions(CELL, whole, recipe, power_W=POWER_W),
        mesh=MeshSize.of(10),
        resistance_Ohm_m2=small.series_resistance_Ohm * small.coated_area_m2,
    )
    design = design_inputs(whole, recipe, properties, Physics())
    return discharge(design, conditions).energy_Wh_per_m2


def test_a_perfect_laboratory_result_projects_to_the_simulated_whole_cell(
    recipe: Recipe, properties: EffectiveProperties
) -> None:
    energy = laboratory_energy_Wh_per_m2(recipe, properties)
    found = project(
        CELL,
        recipe,
        properties,
        Physics(),
        power_W=POWER_W,
        laboratory_format="single-layer-pouch",
        measured_Wh_per_m2=(0.99 * energy, 1.01 * energy),
        mesh_points=10,
    )
    direct = evaluate_cell(
        CELL,
        recipe,
        properties,
        power_W=POWER_W,
        model="DFN",
        mesh_points=10,
        physics=Physics(),
        with_bias=False,
        with_details=False,
    ).metrics
    for name, estimate in found.metrics.items():
        assert estimate.value == pytest.approx(direct[name], rel=1e-6)
        assert 0.01 < estimate.sd / estimate.value < 0.05
        assert sum(estimate.shares.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("form", "energies", "message"),
    [("4680", (1.0, 1.0), "is no laboratory cell; allowed"), ("coin", (1.0,), "two or more cells")],
)
def test_what_cannot_be_projected_is_refused(
    recipe: Recipe,
    properties: EffectiveProperties,
    form: str,
    energies: tuple[float, ...],
    message: str,
) -> None:
    with pytest.raises(Invalid, match=message):
        project(
            CELL,
            recipe,
            properties,
            Physics(),
            power_W=POWER_W,
            laboratory_format=form,
            measured_Wh_per_m2=energies,
        )
