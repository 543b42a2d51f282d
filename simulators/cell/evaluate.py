"""The cell stage: from a recipe and its measured properties to the figures of a whole cell."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from experiments.cell_spec import CellSpec
from experiments.errors import Invalid
from experiments.performance import CellPerformance
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe
from simulators.cell.balance import Balance, balance_at
from simulators.cell.chemistry import require_unchanged
from simulators.cell.depth_inputs import positive_knots
from simulators.cell.outside_metrics import CellFigures, outside_values
from simulators.cell.p2d_inputs import DesignInputs, negative_inputs, positive_inputs
from simulators.cell.protocol_metrics import protocol_metrics, require_runnable
from simulators.cell.sizing import SizedCell, known_metrics, size_cell

if TYPE_CHECKING:
    from simulators.cell.discharge import Conditions, Discharge

MODELS: Final = ("DFN", "SPMe", "SPM", "half-cell")

TRUSTED_UP_TO_PER_H: Final = {"SPM": 0.6, "SPMe": 0.6, "half-cell": 0.6}
"""C-rate up to which a cheap model ranked 4680 designs as DFN does (Spearman ≥ 0.98 at 45 W, and
below 0.2 for SPM and half-cells or unsolved for SPMe at 120 W). Measured: docs/cell_accuracy.md."""

VERSION: Final = "6"
"""Raised whenever the same inputs give other or further numbers; part of the stage's cache key."""

FROM_DISCHARGE: Final = (
    "specific_energy_Wh_per_kg",
    "energy_density_Wh_per_L",
    "energy_Wh",
    "capacity_Ah",
    "mean_voltage_V",
    "duration_s",
    "energy_per_active_mass_Wh_per_kg",
    "material_cost_USD_per_kWh",
)
"""Metrics that carry the mesh's error; the others follow from recipe and power exactly."""


def evaluate_cell(
    cell: CellSpec,
    recipe: Recipe,
    properties: EffectiveProperties,
    *,
    power_W: float | None,
    model: str,
    mesh_points: int,
    physics: Physics,
    wanted: tuple[str, ...] = (),
    with_charge: bool = False,
    with_details: bool = True,
    with_bias: bool = True,
) -> CellPerformance:
    """Discharge a whole cell at constant power and return its metrics.

    Geometry, masses and balance follow from the recipe; transport, areas and phase fractions from
    the measured properties. Without a power there is no discharge. ``wanted`` names metrics of
    other protocols and of other packages. ``with_charge`` adds a fast charge that may fail;
    ``with_details`` where the voltage is lost, and
    profiles; ``with_bias`` three runs on other meshes or at a tighter tolerance, which estimate
    mesh and tolerance error. Raises ``Invalid`` before any solve where an argument is out of range
    or unknown, ``DesignFailed`` where the design gives no number.
    """
    started = time.perf_counter()
    _require_in_range(power_W=power_W, mesh_points=mesh_points, model=model)
    require_unchanged(cell.parameter_set, cell.parameter_set_sha256)
    require_runnable(cell, model, wanted)
    sized = size_cell(cell, recipe)
    design = design_inputs(sized, recipe, properties, physics)
    notes = () if model == "DFN" else _by_their_mean(design, f"a {model} has no depth")
    if notes:
        design = replace(design, positive_knots=())
    from simulators.cell.p2d_model import MeshSize

    conditions = replace(
        cell_conditions(cell, sized, recipe, power_W=power_W or 1.0),
        model=model,
        mesh=MeshSize.of(mesh_points),
    )
    found = (
        CellPerformance(metrics=known_metrics(sized), termination="not discharged")
        if power_W is None
        else _discharged(
            cell, sized, design, conditions, with_details=with_details, with_bias=with_bias
        )
    )
    actual = measured_balance(sized, properties)
    extra = protocol_metrics(cell, design, actual, conditions, wanted, with_charge=with_charge)
    outside = outside_values(CellFigures(cell, recipe, properties, sized.whole, found), wanted)
    return found.model_copy(
        update={
            "metrics": {**found.metrics, **extra.values, **outside},
            "undefined": {**found.undefined, **extra.undefined},
            "charge": extra.charge,
            "fallbacks": (*notes, *found.fallbacks, *extra.fallbacks),
            "elapsed_s": time.perf_counter() - started,
        }
    )


def _discharged(
    cell: CellSpec,
    sized: SizedCell,
    design: DesignInputs,
    conditions: Conditions,
    *,
    with_details: bool,
    with_bias: bool,
) -> CellPerformance:
    from simulators.cell.discharge import discharge

    area_m2 = sized.whole.coated_area_m2
    result = discharge(design, conditions, with_details=with_details)
    bias = _bias(sized, design, conditions, result) if with_bias else {}
    metrics = _metrics(sized, result, power_W=conditions.power_W_per_m2 * area_m2)
    undefined = {}
    if cell.cooling_W_per_m2_K is None:
        undefined["maximum_temperature_C"] = "the cell is kept at its starting temperature"
    else:
        metrics["maximum_temperature_C"] = result.highest_temperature_K - 273.15
    unknown = ("mesh error unknown: another mesh did not solve",)
    return CellPerformance(
        metrics=metrics,
        undefined=undefined,
        bias=bias,
        termination=result.termination,
        flags=(*result.flags, *_doubts(conditions.model, metrics["c_rate_per_h"])),
        curve=result.curve(area_m2),
        profiles=result.profiles,
        fallbacks=result.fallbacks + (() if bias or not with_bias else unknown),
    )


def cell_conditions(
    cell: CellSpec, sized: SizedCell, recipe: Recipe, *, power_W: float
) -> Conditions:
    """Return what a cell's electrodes are under when the whole cell gives ``power_W``."""
    from simulators.cell.discharge import Conditions, Cooling

    whole = sized.whole
    area_m2 = whole.coated_area_m2
    cooling = (
        None
        if cell.cooling_W_per_m2_K is None
        else Cooling(
            heat_capacity_J_per_K_m2=whole.heat_capacity_J_per_K / area_m2,
            conductance_W_per_K_m2=cell.cooling_W_per_m2_K * whole.surface_m2 / area_m2,
        )
    )
    return Conditions(
        power_W_per_m2=power_W / area_m2,
        resistance_Ohm_m2=whole.series_resistance_Ohm * area_m2,
        temperature_K=cell.temperature_C + 273.15,
        parameter_set=cell.parameter_set,
        cooling=cooling,
        electrolyte=recipe.electrolyte,
    )


def design_inputs(
    sized: SizedCell, recipe: Recipe, properties: EffectiveProperties, physics: Physics
) -> DesignInputs:
    """Return what P2D needs, balanced for the active material that was measured.

    The negative is made for the recipe's loading; where the measured active fraction differs, the
    lithium inventory and the stoichiometries follow the measured one.
    """
    chemistry, actual = sized.chemistry, measured_balance(sized, properties)
    positive = positive_inputs(recipe.positive, properties, physics, chemistry, actual)
    return DesignInputs(
        negative=negative_inputs(
            porosity=sized.negative_porosity,
            thickness_m=sized.negative_thickness_m,
            chemistry=chemistry,
            balance=actual,
        ),
        positive=positive,
        positive_knots=positive_knots(positive, recipe.positive, properties, physics, chemistry),
        capacity_Ah_per_m2=actual.usable_share
        * positive.active_fraction
        * positive.thickness_m
        * chemistry.positive.total_capacity_Ah_per_m3,
    )


def measured_balance(sized: SizedCell, properties: EffectiveProperties) -> Balance:
    """Return the balance of the negative as made with the active fraction that was measured."""
    measured = properties.volume_fraction.get("active", 0.0) + properties.volume_fraction.get(
        "second_active", 0.0
    )
    nominal = sized.composition.active + sized.composition.second_active
    if measured <= 0.0:
        return sized.balance
    return balance_at(sized.chemistry.name, sized.balance.negative_sites * nominal / measured)


def _by_their_mean(design: DesignInputs, why: str) -> tuple[str, ...]:
    return (f"the graded positive enters by its mean: {why}",) if design.positive_knots else ()


def _metrics(sized: SizedCell, result: Discharge, *, power_W: float) -> dict[str, float]:
    whole = sized.whole
    energy_Wh = result.energy_Wh_per_m2 * whole.coated_area_m2
    capacity_Ah = result.capacity_Ah_per_m2 * whole.coated_area_m2
    nominal_Wh = (
        sized.balance.mean_voltage_V * sized.areal_capacity_Ah_per_m2 * whole.coated_area_m2
    )
    active_kg = sized.composition.active_areal_mass_kg_per_m2 * whole.coated_area_m2
    return {
        "specific_energy_Wh_per_kg": energy_Wh / whole.mass_kg,
        "energy_density_Wh_per_L": energy_Wh / (whole.volume_m3 * 1e3),
        "energy_Wh": energy_Wh,
        "capacity_Ah": capacity_Ah,
        "mean_voltage_V": energy_Wh / capacity_Ah,
        "duration_s": result.duration_s,
        "c_rate_per_h": power_W / nominal_Wh,
        "specific_power_W_per_kg": power_W / whole.mass_kg,
        "energy_per_active_mass_Wh_per_kg": energy_Wh / active_kg,
        "material_cost_USD_per_kWh": 1e3 * sized.material_cost_USD / energy_Wh,
        **known_metrics(sized),
    }


def _doubts(model: str, c_rate_per_h: float) -> tuple[str, ...]:
    """Return a flag where a cheap model is used beyond what it was found good for."""
    limit_per_h = TRUSTED_UP_TO_PER_H.get(model)
    if limit_per_h is None or c_rate_per_h <= limit_per_h:
        return ()
    return (f"{model} ranks designs like DFN only up to {limit_per_h:g}C",)


def _bias(
    sized: SizedCell, design: DesignInputs, conditions: Conditions, result: Discharge
) -> dict[str, float]:
    """Return metric → estimated error, or nothing where another mesh cannot solve the design."""
    from simulators.cell.mesh_error import other_runs

    runs = other_runs(design, conditions)
    if runs is None:
        return {}
    power_W = conditions.power_W_per_m2 * sized.whole.coated_area_m2

    def reader(name: str) -> Callable[[Discharge], float]:
        return lambda run: _metrics(sized, run, power_W=power_W)[name]

    return {name: runs.error(result, reader(name)) for name in FROM_DISCHARGE}


def _require_in_range(*, power_W: float | None, mesh_points: int, model: str) -> None:
    if power_W is not None and not (math.isfinite(power_W) and 0.0 < power_W <= 1e5):
        raise Invalid(f"power_W: {power_W!r} W is not a power; allowed: above 0 to 100000 W")
    if not 5 <= mesh_points <= 200:
        raise Invalid(f"mesh_points: {mesh_points} is out of range; allowed: 5 to 200")
    if model not in MODELS:
        raise Invalid(f"model: {model!r} is not known; allowed: {list(MODELS)}")
