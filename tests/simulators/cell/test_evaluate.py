import math
from collections.abc import Callable

import pytest

from experiments.cell_spec import CellSpec
from experiments.errors import DesignFailed, Invalid
from experiments.metrics import METRICS
from experiments.performance import CellPerformance
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from experiments.recipe import ElectrodeRecipe, NegativeRecipe, Recipe
from simulators.cell import evaluate_cell, recipe_metrics
from simulators.cell.evaluate import design_inputs
from simulators.cell.sizing import size_cell
from tests.benchmarks.plain_pybamm import energy_Wh_per_m2, plain_discharge

CELL = CellSpec()


def evaluate(
    recipe: Recipe, properties: EffectiveProperties, power_W: float = 150.0, **changed: object
) -> CellPerformance:
    """Return the figures alone; a test that needs the curve or the bias asks for it."""
    options = {
        "model": "DFN",
        "mesh_points": 20,
        "physics": Physics(),
        "with_details": False,
        "with_bias": False,
        **changed,
    }
    return evaluate_cell(CELL, recipe, properties, power_W=power_W, **options)  # type: ignore[arg-type]


def test_every_metric_that_needs_the_cell_is_defined(
    recipe: Recipe, properties: EffectiveProperties
) -> None:
    found = evaluate(recipe, properties)
    wanted = {name for name, metric in METRICS.items() if metric.needs_power or metric.from_recipe}
    assert wanted <= set(found.metrics) | set(found.undefined)
    assert all(math.isfinite(value) for value in found.metrics.values())
    assert found.termination == "minimum voltage"


def test_what_the_recipe_tells_is_told_the_same_before_and_after(
    recipe: Recipe, properties: EffectiveProperties
) -> None:
    before = recipe_metrics(CELL, recipe)
    after = evaluate(recipe, properties).metrics
    assert {name: after[name] for name in before} == before
    assert set(before) == {name for name, metric in METRICS.items() if metric.from_recipe}


@pytest.mark.parametrize("power_W", [40.0, 200.0])
def test_energy_agrees_with_a_plain_pybamm_run_on_a_fine_mesh(
    recipe: Recipe, properties: EffectiveProperties, power_W: float
) -> None:
    sized = size_cell(CELL, recipe)
    area_m2 = sized.whole.coated_area_m2
    plain = plain_discharge(
        design_inputs(sized, recipe, properties, Physics()),
        power_W_per_m2=power_W / area_m2,
        resistance_Ohm_m2=sized.whole.series_resistance_Ohm * area_m2,
        mesh_points={"x_n": 40, "x_s": 20, "x_p": 40, "r_n": 40, "r_p": 40},
    )
    expected_Wh = energy_Wh_per_m2(plain, power_W / area_m2) * area_m2
    found = evaluate(recipe, properties, power_W)
    assert found.metrics["energy_Wh"] == pytest.approx(expected_Wh, rel=5e-3)


@pytest.mark.parametrize(("thickness_m", "diameter_m"), [(25e-6, 2e-6), (160e-6, 14e-6)])
def test_thickness_and_particle_size_change_without_a_new_mesh(
    recipe: Recipe,
    make_properties: Callable[..., EffectiveProperties],
    thickness_m: float,
    diameter_m: float,
) -> None:
    changed = recipe.model_copy(
        update={
            "positive": recipe.positive.model_copy(
                update={"thickness_m": thickness_m, "particle_d50_m": diameter_m}
            )
        }
    )
    properties = make_properties(changed)
    sized = size_cell(CELL, changed)
    area_m2 = sized.whole.coated_area_m2
    power_W = 0.5 * 3.6 * sized.areal_capacity_Ah_per_m2 * area_m2
    plain = plain_discharge(
        design_inputs(sized, changed, properties, Physics()),
        power_W_per_m2=power_W / area_m2,
        resistance_Ohm_m2=sized.whole.series_resistance_Ohm * area_m2,
        mesh_points=40,
    )
    expected_Wh = energy_Wh_per_m2(plain, power_W / area_m2) * area_m2
    found = evaluate(changed, properties, power_W, mesh_points=40)
    assert found.metrics["energy_Wh"] == pytest.approx(expected_Wh, rel=4e-3)


@pytest.mark.parametrize("mesh_points", [10, 20])
def test_the_stated_bias_is_the_distance_to_a_fine_mesh(
    recipe: Recipe, properties: EffectiveProperties, mesh_points: int
) -> None:
    coarse = evaluate(recipe, properties, 200.0, mesh_points=mesh_points, with_bias=True)
    fine = evaluate(recipe, properties, 200.0, mesh_points=40)
    for metric in ("specific_energy_Wh_per_kg", "capacity_Ah"):
        actual = coarse.metrics[metric] - fine.metrics[metric]
        assert 0.5 < coarse.bias[metric] / actual < 2.0
    assert set(coarse.bias) <= set(coarse.metrics)
    assert fine.bias == {}


def test_losses_add_up_to_what_the_voltage_lacks(
    recipe: Recipe, properties: EffectiveProperties
) -> None:
    curve = evaluate(recipe, properties, with_details=True).curve
    assert curve is not None
    assert "electrolyte ohmic" in curve.losses_V
    at_start = sum(loss[0] for loss in curve.losses_V.values())
    assert curve.voltage_V[0] + at_start == pytest.approx(4.2, abs=2e-3)
    assert all(min(loss[5:-5]) > -2e-3 for loss in curve.losses_V.values())


def test_without_details_curve_and_numbers_are_the_same(
    recipe: Recipe, properties: EffectiveProperties
) -> None:
    bare = evaluate(recipe, properties)
    drawn = evaluate(recipe, properties, with_details=True)
    assert bare.curve is not None
    assert drawn.curve is not None
    assert not bare.curve.losses_V
    assert drawn.curve.losses_V
    assert bare.curve.voltage_V == pytest.approx(drawn.curve.voltage_V, rel=1e-9)
    assert bare.metrics == pytest.approx(drawn.metrics, rel=1e-9)


def test_more_power_gives_less_energy(recipe: Recipe, properties: EffectiveProperties) -> None:
    energies = [
        evaluate(recipe, properties, power).metrics["energy_Wh"] for power in (50, 150, 300)
    ]
    assert energies == sorted(energies, reverse=True)


def test_a_power_beyond_the_cell_is_a_failure_and_not_a_small_number(
    recipe: Recipe, properties: EffectiveProperties
) -> None:
    with pytest.raises(DesignFailed, match=r"cannot give \d+ W") as failed:
        evaluate(recipe, properties, 20_000.0)
    assert failed.value.kind == "power_too_high"


def test_blocked_pores_and_blocked_electrons_do_not_percolate(
    recipe: Recipe, make_properties: Callable[..., EffectiveProperties]
) -> None:
    for blocked in ("pore_transport", "conductivity_S_per_m"):
        with pytest.raises(DesignFailed, match="does not reach") as failed:
            evaluate(recipe, make_properties(recipe, **{blocked: 0.0}))
        assert failed.value.kind == "not_percolating"


@pytest.mark.parametrize(
    ("cell", "power_W", "message"),
    [
        (CELL, 0.0, "power_W: 0.0 W"),
        (CELL, -5.0, "power_W: -5.0 W"),
        (CellSpec(format="9999"), 100.0, "cell.format: '9999' is not known; allowed: .*4680"),
        (CellSpec(parameter_set="X"), 100.0, "cell.parameter_set: 'X' is not known"),
        (CellSpec(parameter_set="Prada2013"), 100.0, "active_material: 'NMC811'.*allowed: 'LFP'"),
    ],
)
def test_bad_input_is_refused_before_any_solve(
    recipe: Recipe, properties: EffectiveProperties, cell: CellSpec, power_W: float, message: str
) -> None:
    with pytest.raises(Invalid, match=message):
        evaluate_cell(
            cell,
            recipe,
            properties,
            power_W=power_W,
            model="DFN",
            mesh_points=20,
            physics=Physics(),
        )


def test_an_unknown_model_names_the_known_ones(
    recipe: Recipe, properties: EffectiveProperties
) -> None:
    with pytest.raises(Invalid, match=r"allowed: .*DFN"):
        evaluate(recipe, properties, model="P4D")


def test_a_binder_that_does_not_fit_is_an_infeasible_recipe() -> None:
    recipe = Recipe(
        positive=ElectrodeRecipe(
            active_wt_pct=80.0,
            binder_wt_pct=10.0,
            carbon_wt_pct=10.0,
            porosity=0.15,
            thickness_m=75e-6,
            particle_d50_m=6e-6,
        ),
        negative=NegativeRecipe(),
    )
    with pytest.raises(DesignFailed, match="does not fit") as failed:
        recipe_metrics(CELL, recipe)
    assert failed.value.kind == "infeasible_recipe"


def test_a_cooled_cell_reports_how_warm_it_gets(
    recipe: Recipe, properties: EffectiveProperties
) -> None:
    cell = CellSpec(cooling_W_per_m2_K=20.0)
    found = evaluate_cell(
        cell,
        recipe,
        properties,
        power_W=200.0,
        model="DFN",
        mesh_points=10,
        physics=Physics(),
        with_details=False,
        with_bias=False,
    )
    assert 26.0 < found.metrics["maximum_temperature_C"] < 90.0
    kept = evaluate(recipe, properties, 200.0)
    assert "maximum_temperature_C" in kept.undefined


def test_a_cheap_model_says_where_it_is_not_to_be_trusted(
    recipe: Recipe, properties: EffectiveProperties
) -> None:
    slow = evaluate(recipe, properties, 30.0, model="SPM")
    fast = evaluate(recipe, properties, 150.0, model="SPM")
    assert slow.flags == ()
    assert fast.flags == ("SPM ranks designs like DFN only up to 0.6C",)


def test_a_half_cell_agrees_with_pybamms_and_lacks_the_negatives_losses(
    recipe: Recipe, properties: EffectiveProperties
) -> None:
    half = evaluate(recipe, properties, model="half-cell")
    whole = evaluate(recipe, properties)
    assert half.metrics["mean_voltage_V"] > whole.metrics["mean_voltage_V"]
    sized = size_cell(CELL, recipe)
    area_m2 = sized.whole.coated_area_m2
    plain = plain_discharge(
        design_inputs(sized, recipe, properties, Physics()),
        power_W_per_m2=150.0 / area_m2,
        resistance_Ohm_m2=sized.whole.series_resistance_Ohm * area_m2,
        mesh_points=30,
        is_half_cell=True,
    )
    expected_Wh = energy_Wh_per_m2(plain, 150.0 / area_m2) * area_m2
    assert half.metrics["energy_Wh"] == pytest.approx(expected_Wh, rel=5e-3)
