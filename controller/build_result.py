"""From a build's cycler files to its observation: the same metrics a simulated level gives.

Each good cell tells its energy per coated area at the areal power of the whole cell, read between
two of its discharges. Mass, volume and area of the whole cell follow from the coating as built. The
laboratory cell's own contact resistance stays in the value: it is part of the level's bias, which
the surrogate learns.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from controller.as_built import as_built_recipe, deviations
from controller.proposals import BuildRecord
from experiments.build_status import AsBuilt, BuildStatus
from experiments.campaign import Campaign, metric_at
from experiments.cycling_metrics import CyclingMetrics, MeasuredDischarge
from experiments.job import Job
from experiments.metrics import METRICS, can_be_built
from experiments.observation import Failure, FailureKind, Metric, Observation, Provenance
from instruments.results.cells_of_a_build import metric_of_cells
from simulators.cell.sizing import SizedCell, known_metrics, size_cell

BATCH_SD: Final = 0.01
"""Between coatings of one recipe, of the energy per area, relative, once thickness and porosity as
built are accounted for. Assumed, until a campaign repeats coatings."""
CELL_SD: Final = 0.02
"""Between cells of one coating, relative, where a build has too few to tell. Assumed."""
REACH: Final = 1.2
"""How far beyond its discharges a power may lie for the energy to be read off. Assumed."""


@dataclass(frozen=True)
class BuildResult:
    """What a build came to."""

    observation: Observation
    as_built: AsBuilt
    n_ok: int


def build_result(
    campaign: Campaign, job: Job, record: BuildRecord, status: BuildStatus
) -> BuildResult:
    """Return the observation of a build that is at its end, with a failure where no cell is good.

    A cell counts that the lab does not call bad and whose file was accepted.
    """
    request = record.payload.request
    recipe = as_built_recipe(request.recipe, status.as_built)
    cells = good_cells(record, status)
    if not cells:
        failure = Failure(
            kind=FailureKind.build_failed, message=_why_none(record, status), stage="build"
        )
        return BuildResult(Observation(job=job, recipe=recipe, failure=failure), status.as_built, 0)
    sized = size_cell(campaign.cell, recipe)
    metrics: dict[str, Metric] = {
        name: Metric(value=value) for name, value in known_metrics(sized).items()
    }
    for n, power_W in enumerate(campaign.powers_W):
        for name, metric in _at_power(sized, cells, power_W).items():
            metrics[name if n == 0 else metric_at(name, power_W)] = metric
    n_ok = len(cells)
    flags = (f"{n_ok} of {request.n_cells} cells", *deviations(request.recipe, status.as_built))
    signs = sorted({sign for cell in cells.values() for sign in cell.plating_signs})
    observation = Observation(
        job=job,
        recipe=recipe,
        metrics=metrics,
        termination="cycled",
        flags=(*flags, *(f"plating: {sign}" for sign in signs)),
        provenance=Provenance(finished_at=status.told_at),
    )
    return BuildResult(observation, status.as_built, n_ok)


def good_cells(record: BuildRecord, status: BuildStatus) -> dict[int, CyclingMetrics]:
    """Return the figures of the cells that count, by their number and in its order.

    The last file of each counts; in which order cells came in changes nothing.
    """
    bad = {cell.cell for cell in status.cells if cell.is_ok is False}
    found = {
        intake.cell: intake.metrics
        for intake in record.intakes
        if intake.outcome == "accepted"
        and intake.metrics is not None
        and intake.cell is not None
        and intake.cell not in bad
    }
    return dict(sorted(found.items()))


def energy_at_Wh_per_m2(
    discharges: Sequence[MeasuredDischarge], power_W_per_m2: float
) -> float | None:
    """Return the energy per area at an areal power, on the line through the two nearest discharges.

    None where fewer than two are complete, or none of them lies near enough.
    """
    complete = [one for one in discharges if one.is_complete and one.mean_power_W_per_m2 > 0]
    by_power = sorted(complete, key=lambda one: one.mean_power_W_per_m2)
    if len(by_power) < 2:
        return None
    lowest, highest = by_power[0].mean_power_W_per_m2, by_power[-1].mean_power_W_per_m2
    if not lowest / REACH <= power_W_per_m2 <= highest * REACH:
        return None
    above = next(
        (n for n, one in enumerate(by_power) if one.mean_power_W_per_m2 >= power_W_per_m2),
        len(by_power) - 1,
    )
    low, high = by_power[max(above, 1) - 1], by_power[max(above, 1)]
    span = high.mean_power_W_per_m2 - low.mean_power_W_per_m2
    if span <= 0.0:
        return low.energy_Wh_per_m2
    share = (power_W_per_m2 - low.mean_power_W_per_m2) / span
    return low.energy_Wh_per_m2 + share * (high.energy_Wh_per_m2 - low.energy_Wh_per_m2)


def _at_power(
    sized: SizedCell, cells: Mapping[int, CyclingMetrics], power_W: float
) -> dict[str, Metric]:
    areal_W_per_m2 = power_W / sized.whole.coated_area_m2
    found = (energy_at_Wh_per_m2(cell.discharges, areal_W_per_m2) for cell in cells.values())
    energies = [one for one in found if one is not None and one > 0.0]
    names = [name for name in METRICS if METRICS[name].needs_power and can_be_built(name)]
    if not energies:
        reason = f"no cell was discharged near {areal_W_per_m2:.4g} W/m²"
        return {name: Metric(value=None, reason=reason) for name in names}
    by_cell = [_figures(sized, energy) for energy in energies]
    return {name: _pooled([figures[name] for figures in by_cell]) for name in names}


def _figures(sized: SizedCell, energy_Wh_per_m2: float) -> dict[str, float]:
    """Return the whole cell's figures for an energy per area."""
    whole = sized.whole
    energy_Wh = energy_Wh_per_m2 * whole.coated_area_m2
    active_kg = sized.composition.active_areal_mass_kg_per_m2 * whole.coated_area_m2
    return {
        "specific_energy_Wh_per_kg": energy_Wh / whole.mass_kg,
        "energy_density_Wh_per_L": energy_Wh / (whole.volume_m3 * 1e3),
        "energy_Wh": energy_Wh,
        "energy_per_active_mass_Wh_per_kg": energy_Wh / active_kg,
        "material_cost_USD_per_kWh": 1e3 * sized.material_cost_USD / energy_Wh,
    }


def _pooled(samples: Sequence[float]) -> Metric:
    """Return the mean over cells; variance = coating + cell/n."""
    mean = abs(math.fsum(samples)) / len(samples)
    return metric_of_cells(samples, batch_sd=BATCH_SD * mean, cell_sd=CELL_SD * mean)


def _why_none(record: BuildRecord, status: BuildStatus) -> str:
    """Return why there is no good cell, in the lab's words and the intake's."""
    if status.reason:
        return f"{status.state}: {status.reason}"
    told = [f"cell {cell.cell}: {cell.reason}" for cell in status.cells if cell.reason]
    told += [
        f"{intake.name}: {intake.reason}"
        for intake in record.intakes
        if intake.outcome == "quarantined"
    ]
    return "no good cell" + (": " + "; ".join(told[:6]) if told else f" ({status.state})")
