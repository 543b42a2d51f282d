"""What a technician needs to make a build: masses, gaps, punches, currents; no layout."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aurora_unicycler import ConstantCurrent, ConstantVoltage, OpenCircuitVoltage

from experiments.build import SignedBuild
from experiments.recipe import ElectrodeRecipe
from instruments.coating_plan import CoatingPlan, coating_plan, current_A, unrolled
from simulators.cell.coin import CoinFormat
from simulators.cell.formats import cell_format
from simulators.cell.pouch import PouchFormat
from simulators.cell.whole_cell import ELECTROLYTE_DENSITY_KG_PER_M3

SOLIDS_SHARE: Final = 0.62
"""Solids of the slurry by mass. Assumed: NMC in NMP is usually cast at 60 to 70 wt%."""
NMP_KG_PER_M3: Final = 1028.0
"""N-methyl-2-pyrrolidone at 25 °C: handbook value, quoted."""
AS_DRIED_POROSITY: Final = 0.50
"""Of a coating before calendering, where the recipe does not say. Assumed: 0.45 to 0.55."""
FILM_OVER_GAP: Final = 0.5
"""Wet film over blade gap: the mean of a Couette flow is half the blade's speed (derived)."""
SPRING_BACK: Final = 0.05
"""Thickness a coating regains behind the rolls. Assumed: a few percent."""
SMALLEST_BATCH_KG: Final = 0.010
"""Dry mass that a laboratory mixer still disperses. Assumed."""


@dataclass(frozen=True)
class Slurry:
    """One cup, for one or several builds of the same composition."""

    builds: tuple[str, ...]
    masses_g: tuple[tuple[str, float], ...]
    """Component and mass, dry ones first, the solvent last; to the milligram."""
    solids_wt_pct: float


@dataclass(frozen=True)
class StepLine:
    """One line of the cycling protocol."""

    number: int
    what: str
    rate_per_h: float | None
    current_mA: float | None
    power_mW: float | None
    until: str


@dataclass(frozen=True)
class WorkOrder:
    """One build on paper."""

    build_id: str
    campaign: str
    person: str
    digest: str
    cell_format: str
    n_cells: int
    active_material: str
    thickness_um: float
    porosity_pct: float
    loading_mg_per_cm2: float
    areal_capacity_mAh_per_cm2: float
    sheet_cm2: float
    blade_gap_um: float
    as_dried_um: float
    calender_gap_um: float
    foil_um: float
    punch: str
    disc_coating_mg: float
    negative_punch: str
    negative_thickness_um: float
    negative_porosity_pct: float
    n_to_p_ratio: float
    electrolyte_uL: float
    electrolyte: str
    cell_capacity_mAh: float
    temperature_C: float
    steps: tuple[StepLine, ...]


def work_order(build: SignedBuild) -> WorkOrder:
    """Return a build's work order. Raises ``Invalid`` and ``DesignFailed`` as ``coating_plan``."""
    request = build.payload.request
    plan, positive = coating_plan(request), request.recipe.positive
    whole = plan.sized.whole
    form = cell_format(request.cell.format)
    foil_m = form.aluminium_m if isinstance(form, CoinFormat | PouchFormat) else 0.0
    punch, negative_punch = _punches(form)
    dried_porosity = positive.calender_from_porosity or max(AS_DRIED_POROSITY, positive.porosity)
    as_dried_m = positive.thickness_m * (1.0 - positive.porosity) / (1.0 - dried_porosity)
    salt = request.recipe.electrolyte
    return WorkOrder(
        build_id=build.build.id,
        campaign=request.campaign,
        person=build.payload.decision.person,
        digest=build.payload.decision.digest,
        cell_format=request.cell.format,
        n_cells=request.n_cells,
        active_material=positive.active_material,
        thickness_um=1e6 * positive.thickness_m,
        porosity_pct=100.0 * positive.porosity,
        loading_mg_per_cm2=100.0 * plan.loading_kg_per_m2,
        areal_capacity_mAh_per_cm2=plan.sized.areal_capacity_Ah_per_m2 / 10.0,
        sheet_cm2=1e4 * plan.sheet_m2,
        blade_gap_um=1e6 * _wet_film_m(plan) / FILM_OVER_GAP,
        as_dried_um=1e6 * as_dried_m,
        calender_gap_um=1e6 * (positive.thickness_m + foil_m) * (1.0 - SPRING_BACK),
        foil_um=1e6 * foil_m,
        punch=punch,
        disc_coating_mg=1e6 * whole.coated_area_m2 * plan.loading_kg_per_m2,
        negative_punch=negative_punch,
        negative_thickness_um=1e6 * plan.sized.negative_thickness_m,
        negative_porosity_pct=100.0 * plan.sized.negative_porosity,
        n_to_p_ratio=request.recipe.negative.n_to_p_ratio,
        electrolyte_uL=1e9 * whole.masses_kg["electrolyte"] / ELECTROLYTE_DENSITY_KG_PER_M3,
        electrolyte=f"{salt.correlation or 'as the parameter set ' + request.cell.parameter_set}"
        + (f", {salt.salt_mol_per_m3 / 1e3:.2f} mol/L" if salt.salt_mol_per_m3 else ""),
        cell_capacity_mAh=1e3 * plan.cell_capacity_Ah,
        temperature_C=request.cell.temperature_C,
        steps=step_lines(plan),
    )


def slurries(builds: Sequence[SignedBuild]) -> tuple[Slurry, ...]:
    """Return the cups of a session: builds that differ in thickness and porosity share one."""
    cups: dict[tuple[object, ...], list[CoatingPlan]] = {}
    names: dict[tuple[object, ...], list[str]] = {}
    for build in builds:
        plan = coating_plan(build.payload.request)
        key = _composition(plan.request.recipe.positive)
        cups.setdefault(key, []).append(plan)
        names.setdefault(key, []).append(build.build.id)
    return tuple(_slurry(tuple(names[key]), plans) for key, plans in cups.items())


def step_lines(plan: CoatingPlan) -> tuple[StepLine, ...]:
    """Return the protocol in words, C-rates beside milliamperes and milliwatts."""
    lines = []
    capacity_Ah = plan.cell_capacity_Ah
    for number, step in enumerate(unrolled(plan.request.protocol)[:60], start=1):
        if isinstance(step, ConstantCurrent):
            amperes = current_A(step, capacity_Ah)
            until = [] if step.until_voltage_V is None else [f"{step.until_voltage_V:g} V"]
            until += [] if step.until_time_s is None else [f"{step.until_time_s / 3600:g} h"]
            what = "charge" if amperes > 0 else "discharge"
            power_mW = 1e3 * abs(amperes) * plan.mean_voltage_V
            rate_per_h = abs(amperes) / capacity_Ah
            lines.append(
                StepLine(number, what, rate_per_h, 1e3 * abs(amperes), power_mW, " or ".join(until))
            )
        elif isinstance(step, ConstantVoltage):
            rate = step.until_rate_C
            milliamperes = 1e3 * rate * capacity_Ah if rate is not None else step.until_current_mA
            until = [] if milliamperes is None else [f"{abs(milliamperes):.3g} mA"]
            until += [] if step.until_time_s is None else [f"{step.until_time_s / 3600:g} h"]
            hold = f"hold {step.voltage_V:g} V"
            lines.append(StepLine(number, hold, None, None, None, " or ".join(until)))
        elif isinstance(step, OpenCircuitVoltage):
            rest = f"{step.until_time_s / 60:g} min"
            lines.append(StepLine(number, "rest", None, None, None, rest))
    return tuple(lines)


def _slurry(builds: tuple[str, ...], plans: Sequence[CoatingPlan]) -> Slurry:
    positive = plans[0].request.recipe.positive
    dry_g = 1e3 * max(sum(plan.dry_batch_kg for plan in plans), SMALLEST_BATCH_KG)
    shares = (
        (positive.active_material, positive.active_wt_pct),
        ("PVdF binder", positive.binder_wt_pct),
        ("carbon black", positive.carbon_wt_pct),
    )
    masses = [(name, round(dry_g * share / 100.0, 3)) for name, share in shares]
    masses.append(("NMP", round(dry_g * (1.0 / SOLIDS_SHARE - 1.0), 3)))
    return Slurry(builds, tuple(masses), 100.0 * SOLIDS_SHARE)


def _composition(recipe: ElectrodeRecipe) -> tuple[object, ...]:
    return (
        recipe.active_material,
        round(recipe.active_wt_pct, 6),
        round(recipe.binder_wt_pct, 6),
        round(recipe.particle_d50_m, 12),
    )


def _wet_film_m(plan: CoatingPlan) -> float:
    """Return the thickness of the wet film that dries to the asked loading."""
    composition = plan.sized.composition
    solid_kg_per_m3 = composition.dry_density_kg_per_m3 / (1.0 - composition.porosity)
    wet_m3_per_kg = 1.0 / solid_kg_per_m3 + (1.0 / SOLIDS_SHARE - 1.0) / NMP_KG_PER_M3
    return plan.loading_kg_per_m2 * wet_m3_per_kg


def _punches(form: object) -> tuple[str, str]:
    if isinstance(form, CoinFormat):
        positive_mm, negative_mm = 1e3 * form.positive_diameter_m, 1e3 * form.negative_diameter_m
        return f"disc Ø {positive_mm:g} mm", f"disc Ø {negative_mm:g} mm"
    if isinstance(form, PouchFormat):
        sides = (1e3 * form.positive_height_m, 1e3 * form.positive_width_m)
        more = 2e3 * form.overhang_m
        return (
            f"{sides[0]:g} × {sides[1]:g} mm",
            f"{sides[0] + more:g} × {sides[1] + more:g} mm",
        )
    return "as the cell's drawing", "as the cell's drawing"


def longest_h(order: WorkOrder) -> float:
    """Return about how many hours a cell is on the cycler, holds not counted."""
    return math.fsum(1.0 / s.rate_per_h for s in order.steps if s.rate_per_h)
