"""From a design to exactly what would be built and tested: recipe, cell and cycling protocol.

The protocol discharges the laboratory cell around the areal power that the whole cell would have,
so that a simulated and a built cell are compared at the same areal power.
"""

from __future__ import annotations

from typing import Final

from experiments.build import BuildRequest
from experiments.build_fidelity import BuildFidelity
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.recipe import Recipe
from simulators.cell.protocols import rate_sweep
from simulators.cell.sizing import SizedCell, size_cell

AROUND: Final = (0.9, 1.3)
"""Currents around the power asked for, over what the equilibrium voltage would take. Assumed: under
load the mean voltage lies 0 to 20% below equilibrium, so the power falls between the two."""


def build_request(
    campaign: Campaign, level: BuildFidelity, design: Design, *, model_version: str = ""
) -> BuildRequest:
    """Return what a design would be built as.

    Raises ``ValueError`` where the values make no recipe, ``DesignFailed`` and ``Invalid`` where
    the recipe makes no cell.
    """
    recipe = campaign.recipe(design)
    cell = campaign.cell.model_copy(update={"format": level.format})
    small, chemistry = size_cell(cell, recipe), size_cell(campaign.cell, recipe).chemistry
    told = level.protocol
    rates = [*told.rates_per_h]
    for power_W in campaign.powers_W:
        areal_W_per_m2 = power_W / whole_area_m2(campaign, recipe)
        rates += [factor * _rate_per_h(small, areal_W_per_m2) for factor in AROUND]
    protocol = rate_sweep(
        rates,
        capacity_Ah=small.areal_capacity_Ah_per_m2 * small.whole.coated_area_m2,
        minimum_V=told.minimum_V or chemistry.minimum_voltage_V,
        maximum_V=told.maximum_V or chemistry.maximum_voltage_V,
        charge_rate_per_h=told.charge_rate_per_h,
    )
    return BuildRequest(
        campaign=campaign.name,
        design=design,
        recipe=recipe,
        cell=cell,
        protocol=protocol,
        n_cells=level.n_cells,
        model_version=model_version,
    )


def whole_area_m2(campaign: Campaign, recipe: Recipe) -> float:
    """Return the coated area of the campaign's own cell. Raises as ``size_cell``."""
    return size_cell(campaign.cell, recipe).whole.coated_area_m2


def _rate_per_h(small: SizedCell, areal_W_per_m2: float) -> float:
    """Return the C-rate that gives about this areal power at the equilibrium voltage."""
    return areal_W_per_m2 / (small.balance.mean_voltage_V * small.areal_capacity_Ah_per_m2)
