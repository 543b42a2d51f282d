"""From a laboratory cell at the same areal power to the whole cell, with what is uncertain in it.

A coin or single-layer cell gives energy per coated area. Its contact resistance is not the whole
cell's, which P2D corrects: projected = measured × simulated whole cell / simulated laboratory cell.
Masses and volume come from the whole cell's own format.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from experiments.cell_spec import CellSpec
from experiments.errors import Invalid
from experiments.fidelity import FINE_MESH_POINTS
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe
from simulators.cell.discharge import discharge
from simulators.cell.evaluate import cell_conditions, design_inputs
from simulators.cell.p2d_model import MeshSize
from simulators.cell.sizing import size_cell

LABORATORY_FORMATS: Final = ("coin", "single-layer-pouch")
AREA_SD: Final = 0.015
"""Of the whole cell's coated area, relative: winding tension and calendered thickness. Assumed."""
MASS_SD: Final = 0.01
"""Of the whole cell's mass, relative: electrolyte filling and fittings. Assumed."""
VOLUME_SD: Final = 0.005
"""Of the whole cell's volume, relative: tolerance and swelling of the housing. Assumed."""
CORRECTION_SD: Final = 0.5
"""Of the correction's distance from 1: the laboratory's contact resistance is the worst known of
all inputs. Assumed."""


@dataclass(frozen=True)
class Estimate:
    """A value with its standard deviation and what it is made of, as relative variances."""

    value: float
    sd: float
    shares: Mapping[str, float]
    """Contribution → part of the variance; they sum to 1."""


@dataclass(frozen=True)
class Projection:
    """What a laboratory result says of the whole cell."""

    metrics: Mapping[str, Estimate]
    correction: float
    """Energy per area of the whole cell over that of the laboratory cell, both simulated."""


def project(
    cell: CellSpec,
    recipe: Recipe,
    properties: EffectiveProperties,
    physics: Physics,
    *,
    power_W: float,
    laboratory_format: str,
    measured_Wh_per_m2: tuple[float, ...],
    mesh_points: int = FINE_MESH_POINTS,
) -> Projection:
    """Return specific energy and energy density of a whole cell giving ``power_W``.

    ``measured_Wh_per_m2`` holds one energy per laboratory cell, per coated area, at the areal power
    of the whole cell. Raises ``Invalid``, and ``DesignFailed`` where the design gives no number.
    """
    if laboratory_format not in LABORATORY_FORMATS:
        raise Invalid(
            f"laboratory_format: {laboratory_format!r} is no laboratory cell; allowed: "
            f"{list(LABORATORY_FORMATS)}"
        )
    if len(measured_Wh_per_m2) < 2 or min(measured_Wh_per_m2) <= 0.0:
        raise Invalid("measured_Wh_per_m2: give two or more cells, each above 0 Wh/m²")
    n = len(measured_Wh_per_m2)
    mean = math.fsum(measured_Wh_per_m2) / n
    scatter = math.fsum((one / mean - 1.0) ** 2 for one in measured_Wh_per_m2) / (n - 1)
    whole = size_cell(cell, recipe)
    small = size_cell(cell.model_copy(update={"format": laboratory_format}), recipe)
    design = design_inputs(whole, recipe, properties, physics)
    conditions = replace(
        cell_conditions(cell, whole, recipe, power_W=power_W), mesh=MeshSize.of(mesh_points)
    )
    in_laboratory = replace(
        conditions,
        resistance_Ohm_m2=small.whole.series_resistance_Ohm * small.whole.coated_area_m2,
    )
    correction = (
        discharge(design, conditions).energy_Wh_per_m2
        / discharge(design, in_laboratory).energy_Wh_per_m2
    )
    energy_Wh = mean * correction * whole.whole.coated_area_m2
    common = {
        "laboratory scatter": scatter / n,
        "correction": (CORRECTION_SD * (correction - 1.0)) ** 2,
        "area": AREA_SD**2,
    }
    return Projection(
        metrics={
            "specific_energy_Wh_per_kg": _estimate(
                energy_Wh / whole.whole.mass_kg, {**common, "mass": MASS_SD**2}
            ),
            "energy_density_Wh_per_L": _estimate(
                energy_Wh / (whole.whole.volume_m3 * 1e3), {**common, "volume": VOLUME_SD**2}
            ),
        },
        correction=correction,
    )


def _estimate(value: float, variances: dict[str, float]) -> Estimate:
    total = math.fsum(variances.values())
    return Estimate(
        value=value,
        sd=value * math.sqrt(total),
        shares={name: variance / total for name, variance in variances.items()},
    )
