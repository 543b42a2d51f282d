"""Metrics of other protocols reach the cell stage, and impossible ones are refused early."""

import numpy as np
import pytest

from experiments.cell_spec import CellSpec, FastChargeSpec
from experiments.errors import DesignFailed, Invalid
from experiments.performance import NO_CHARGE, CellPerformance
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


def test_the_charge_that_is_kept_is_the_one_that_was_timed(
    recipe: Recipe, properties: EffectiveProperties
) -> None:
    kept_V = 0.01
    careful = CELL.model_copy(update={"fast_charge": FastChargeSpec(plating_margin_V=kept_V)})
    found = evaluate(recipe, properties, careful)
    charge = found.charge
    assert charge is not None
    assert charge.time_s[-1] / 60.0 == pytest.approx(found.metrics["fast_charge_min"], rel=1e-5)
    share = charge.charged_share
    assert np.all(np.diff(share) >= 0)
    assert (share[0], share[-1]) == pytest.approx((0.1, 0.8), abs=1e-6)
    charged = np.trapezoid(charge.c_rate_per_h, charge.time_s) / 3600.0
    assert charged == pytest.approx(0.7, rel=2e-3)
    assert charge.kept_margin_V == kept_V
    assert kept_V - 1e-3 <= charge.lowest_margin_V < kept_V + 2e-3  # plating limits this one
    bare = evaluate(recipe, properties, careful, wanted=())
    assert bare.charge is None
    beside = evaluate(recipe, properties, careful, wanted=(), with_charge=True)
    assert beside.charge == charge
    assert beside.metrics == bare.metrics


def test_a_charge_that_no_metric_needs_may_fail_and_is_told(
    recipe: Recipe, properties: EffectiveProperties
) -> None:
    never = FastChargeSpec(limit_per_h=0.01)  # 70 h, where 20 are allowed
    slow = CELL.model_copy(update={"fast_charge": never})
    found = evaluate(recipe, properties, slow, wanted=(), with_charge=True)
    assert found.charge is None
    assert any(note.startswith(NO_CHARGE) for note in found.fallbacks)
    with pytest.raises(DesignFailed, match="did not finish"):
        evaluate(recipe, properties, slow)


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
