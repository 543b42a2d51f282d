"""Metrics of other protocols reach the cell stage, and impossible ones are refused early."""

import pytest

from experiments.campaign import CellSpec, FastChargeSpec
from experiments.errors import Invalid
from experiments.performance import CellPerformance
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe
from simulators.cell import evaluate_cell

CELL = CellSpec(temperature_C=45.0)


def evaluate(
    recipe: Recipe, properties: EffectiveProperties, cell: CellSpec = CELL, **changed: object
) -> CellPerformance:
    options = {
        "power_W": None,
        "model": "DFN",
        "mesh_points": 10,
        "physics": Physics(),
        "wanted": ("fast_charge_min",),
        **changed,
    }
    return evaluate_cell(cell, recipe, properties, **options)  # type: ignore[arg-type]


def test_a_fast_charge_needs_no_discharge(recipe: Recipe, properties: EffectiveProperties) -> None:
    found = evaluate(recipe, properties)
    assert 60.0 * 0.7 / 4.0 - 1e-6 <= found.metrics["fast_charge_min"] < 60.0
    assert found.termination == "not discharged"
    assert "specific_energy_Wh_per_kg" not in found.metrics
    slower = evaluate(
        recipe, properties, CELL.model_copy(update={"fast_charge": FastChargeSpec(limit_per_h=1)})
    )
    assert slower.metrics["fast_charge_min"] > 42.0 - 0.1


def test_a_model_without_depth_cannot_charge_fast(
    recipe: Recipe, properties: EffectiveProperties
) -> None:
    with pytest.raises(Invalid, match=r"model: 'SPM' has no depth and cannot run fast_charge"):
        evaluate(recipe, properties, model="SPM")


def test_a_set_without_ageing_parameters_has_no_lifetime(
    recipe: Recipe, properties: EffectiveProperties
) -> None:
    with pytest.raises(Invalid, match=r"'Chen2020' holds no ageing.*allowed: .*OKane2022"):
        evaluate(recipe, properties, wanted=("cycles_to_end",))


def test_an_unknown_metric_is_named(recipe: Recipe, properties: EffectiveProperties) -> None:
    with pytest.raises(Invalid, match=r"'wheels' is not a metric"):
        evaluate(recipe, properties, wanted=("wheels",))
