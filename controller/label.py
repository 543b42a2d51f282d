"""What a name of the campaign file is called on a page, and in which unit it stands."""

from __future__ import annotations

from typing import Final, NamedTuple

from controller.quantity import three
from experiments.campaign import Campaign, Objective
from experiments.design import Design
from experiments.metrics import METRICS
from experiments.observation import FailureKind


class Label(NamedTuple):
    """A quantity's name in words and its unit (``1`` where it has none)."""

    text: str
    unit: str

    @property
    def with_unit(self) -> str:
        """Return ``Thickness (µm)``, as an axis says it."""
        return self.text if self.unit in ("", "1") else f"{self.text} ({self.unit})"


_METRIC_TEXT: Final = {
    "specific_energy_Wh_per_kg": "Specific energy",
    "energy_density_Wh_per_L": "Energy density",
    "energy_Wh": "Energy",
    "capacity_Ah": "Capacity",
    "mean_voltage_V": "Mean voltage",
    "duration_s": "Discharge time",
    "c_rate_per_h": "C-rate",
    "specific_power_W_per_kg": "Specific power",
    "energy_per_active_mass_Wh_per_kg": "Energy per active mass",
    "areal_capacity_mAh_per_cm2": "Areal capacity",
    "cell_mass_kg": "Cell mass",
    "maximum_temperature_C": "Highest temperature",
    "material_cost_USD": "Material cost",
    "material_cost_USD_per_kWh": "Material cost per energy",
    "fast_charge_min": "Fast charge",
    "cycles_to_end": "Cycles to the end",
    "pore_tortuosity_factor": "Pore tortuosity factor",
    "pore_relative_diffusivity": "Pore Deff/D0",
    "solid_conductivity_S_per_m": "Solid conductivity",
    "pore_active_area_per_m": "Pore–active area",
}

_UNIT_SUFFIX: Final = {
    "_wt_pct": "wt%",
    "_um": "µm",
    "_mol_per_m3": "mol/m³",
    "_mAh_per_cm2": "mAh/cm²",
    "_C": "°C",
    "_W": "W",
}

_FAILURE_TEXT: Final = {
    FailureKind.infeasible_recipe: "Infeasible recipe: the masses do not fit the volume",
    FailureKind.packing_failed: "The generator could not reach the asked structure",
    FailureKind.out_of_range: "A learned part was asked beyond what it was trained on",
    FailureKind.not_percolating: "A phase does not reach both faces",
    FailureKind.power_too_high: "The cell cannot give the asked power",
    FailureKind.solver_failed: "The cell model did not converge",
    FailureKind.bad_input: "An input file cannot be used",
    FailureKind.build_failed: "A build gave no good cell",
    FailureKind.timed_out: "The job passed its deadline",
    FailureKind.worker_died: "Three workers died of this job",
    FailureKind.internal_error: "Unforeseen error: please report it",
}


def metric_label(metric: str) -> Label:
    """Return a metric's words and unit; ``…@200W`` names keep their power."""
    name, _, power = metric.partition("@")
    definition = METRICS.get(name)
    text = _METRIC_TEXT.get(name, name.replace("_", " "))
    if power:
        text = f"{text} at {power.removesuffix('W')} W"
    return Label(text, definition.unit if definition else "1")


def parameter_label(name: str) -> Label:
    """Return a design parameter's words and unit, ``Porosity, positive``."""
    side, _, value = name.rpartition(".")
    unit = "1"
    for suffix, its_unit in _UNIT_SUFFIX.items():
        if value.endswith(suffix):
            value, unit = value.removesuffix(suffix), its_unit
            break
    words = value.replace("_", " ").replace("n to p ratio", "N/P ratio").replace(" d50", " D50")
    words = "active material" if words == "active" else words
    text = words[:1].upper() + words[1:]
    return Label(f"{text}, {side}" if side not in ("", "positive") else text, unit)


def value_words(name: str, value: float | int | str) -> str:
    """Return a parameter's value with its unit, ``84.0 µm``."""
    if isinstance(value, str):
        return value
    unit = parameter_label(name).unit
    shown = f"{value:,}" if isinstance(value, int) else three(value)
    return shown if unit == "1" else f"{shown} {unit}"


def design_words(design: Design, *, separator: str = ", ") -> str:
    """Return a design in one phrase, ``active 95.6 wt%, porosity 0.290``."""
    words = []
    for name, value in design.values.items():
        text = parameter_label(name).text
        words.append(f"{text[:1].lower()}{text[1:]} {value_words(name, value)}")
    return separator.join(words)


def failure_text(kind: FailureKind) -> str:
    """Return a kind of failure in the scientist's terms."""
    return _FAILURE_TEXT[kind]


def objective_text(campaign: Campaign, objective: Objective) -> str:
    """Return ``maximize specific energy (Wh/kg) at 150 W``."""
    label = metric_label(campaign.metric_key(objective))
    power = (
        f" at {objective.at_power_W:g} W"
        if objective.at_power_W and "@" not in (campaign.metric_key(objective))
        else ""
    )
    words = label.with_unit
    return f"{objective.sense} {words[:1].lower()}{words[1:]}{power}"
