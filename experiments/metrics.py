"""The metrics an objective or a constraint may name."""

from __future__ import annotations

from importlib import metadata
from typing import Final, Literal

from experiments.frozen import Frozen

GROUP: Final = "cellwright.metrics"
"""Entry points under which a package outside adds metrics of a discharge."""


class MetricDefinition(Frozen):
    """What a metric name means."""

    unit: str
    meaning: str
    needs_power: bool
    """Depends on the discharge, hence on ``at_power_W``."""
    from_recipe: bool = False
    """Known from the recipe before any simulation."""
    protocol: Literal["fast_charge", "ageing"] | None = None
    """Needs a simulation of its own beside the discharge, run only where a campaign asks."""
    is_outside: bool = False
    """From another package (``GROUP``)."""


_BUILT_IN: Final[dict[str, MetricDefinition]] = {
    "specific_energy_Wh_per_kg": MetricDefinition(
        unit="Wh/kg", meaning="discharge energy per mass of the whole cell", needs_power=True
    ),
    "energy_density_Wh_per_L": MetricDefinition(
        unit="Wh/L", meaning="discharge energy per volume of the whole cell", needs_power=True
    ),
    "energy_Wh": MetricDefinition(unit="Wh", meaning="discharge energy", needs_power=True),
    "capacity_Ah": MetricDefinition(unit="Ah", meaning="discharged capacity", needs_power=True),
    "mean_voltage_V": MetricDefinition(
        unit="V", meaning="discharge energy over discharged capacity", needs_power=True
    ),
    "duration_s": MetricDefinition(unit="s", meaning="time to the cut-off", needs_power=True),
    "c_rate_per_h": MetricDefinition(
        unit="1/h", meaning="asked power over the nominal energy of the cell", needs_power=True
    ),
    "specific_power_W_per_kg": MetricDefinition(
        unit="W/kg", meaning="asked power per mass of the whole cell", needs_power=True
    ),
    "energy_per_active_mass_Wh_per_kg": MetricDefinition(
        unit="Wh/kg",
        meaning="discharge energy per mass of positive active material (a normalisation that "
        "misleads: it rewards thin electrodes)",
        needs_power=True,
    ),
    "maximum_temperature_C": MetricDefinition(
        unit="°C",
        meaning="highest mean temperature of the cell during the discharge",
        needs_power=True,
    ),
    "areal_capacity_mAh_per_cm2": MetricDefinition(
        unit="mAh/cm²",
        meaning="reversible C/20 capacity of one coated side",
        needs_power=False,
        from_recipe=True,
    ),
    "cell_mass_kg": MetricDefinition(
        unit="kg", meaning="mass of the whole cell", needs_power=False, from_recipe=True
    ),
    "material_cost_USD": MetricDefinition(
        unit="USD",
        meaning="purchased materials of the whole cell (assumed prices: docs/constants.md)",
        needs_power=False,
        from_recipe=True,
    ),
    "material_cost_USD_per_kWh": MetricDefinition(
        unit="USD/kWh",
        meaning="purchased materials of the whole cell per discharge energy",
        needs_power=True,
    ),
    "fast_charge_min": MetricDefinition(
        unit="min",
        meaning="time of a charge as fast as current, voltage and lithium plating allow "
        "(cell.fast_charge; 10 to 80% unless stated)",
        needs_power=False,
        protocol="fast_charge",
    ),
    "cycles_to_end": MetricDefinition(
        unit="1",
        meaning="cycles until a discharge gives the end's share of the first one's charge "
        "(cell.ageing; 80% unless stated)",
        needs_power=False,
        protocol="ageing",
    ),
    "pore_tortuosity_factor": MetricDefinition(
        unit="1", meaning="through-thickness tortuosity factor of the pores", needs_power=False
    ),
    "pore_relative_diffusivity": MetricDefinition(
        unit="1", meaning="through-thickness Deff/D0 of the electrolyte", needs_power=False
    ),
    "solid_conductivity_S_per_m": MetricDefinition(
        unit="S/m", meaning="through-thickness electronic conductivity", needs_power=False
    ),
    "pore_active_area_per_m": MetricDefinition(
        unit="1/m", meaning="pore to active interface per electrode volume", needs_power=False
    ),
}


def outside_metrics() -> dict[str, MetricDefinition]:
    """Return the metrics that other packages announce, by name; none is imported.

    A built-in name cannot be taken over.
    """
    return {
        entry.name: MetricDefinition(
            unit="",
            meaning=f"by the entry point {entry.value}",
            needs_power=True,
            is_outside=True,
        )
        for entry in sorted(metadata.entry_points(group=GROUP), key=lambda entry: entry.name)
        if entry.name not in _BUILT_IN
    }


METRICS: Final[dict[str, MetricDefinition]] = {**_BUILT_IN, **outside_metrics()}


_ON_CELLS: Final = frozenset(
    {
        "specific_energy_Wh_per_kg",
        "energy_density_Wh_per_L",
        "energy_Wh",
        "energy_per_active_mass_Wh_per_kg",
        "material_cost_USD_per_kWh",
    }
)
"""What follows from the areal energy at an areal power, which a laboratory cell shows."""


def can_be_built(metric: str) -> bool:
    """Say whether a build tells a metric: from its coating, or from its cells' areal energy."""
    return metric in _ON_CELLS or METRICS[metric].from_recipe
