"""The metrics an objective or a constraint may name."""

from __future__ import annotations

from typing import Final

from experiments.frozen import Frozen


class MetricDefinition(Frozen):
    """What a metric name means."""

    unit: str
    meaning: str
    needs_power: bool
    """Depends on the discharge, hence on ``at_power_W``."""
    from_recipe: bool = False
    """Known from the recipe before any simulation."""


METRICS: Final[dict[str, MetricDefinition]] = {
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
