"""A campaign's file from a form's few fields: the quickstart's question with one's own numbers."""

from __future__ import annotations

from typing import Any, Final

import yaml

from experiments.errors import Invalid
from experiments.metrics import METRICS

DEFAULTS: Final = {
    "name": "my-campaign",
    "format": "4680",
    "active_min": "92",
    "active_max": "97",
    "porosity_min": "0.20",
    "porosity_max": "0.45",
    "thickness_min": "40",
    "thickness_max": "120",
    "today_active": "94",
    "today_porosity": "0.32",
    "today_thickness": "75",
    "metric": "specific_energy_Wh_per_kg",
    "power": "150",
    "coarse": "24",
    "fine": "8",
    "seed": "7",
}
"""Those of the quickstart campaign."""


def campaign_text(values: dict[str, str]) -> str:
    """Return the YAML. Raises ``Invalid`` for a field that is no number, or no metric."""
    metric = values["metric"]
    if metric not in METRICS:
        raise Invalid(f"metric: {metric[:60]!r} is none; allowed: {', '.join(METRICS)}")

    def span(name: str) -> dict[str, float]:
        return {
            "min": _number(values, f"{name}_min"),
            "max": _number(values, f"{name}_max"),
        }

    document: dict[str, Any] = {
        "name": values["name"],
        "cell": {"format": values["format"], "parameter_set": "Chen2020"},
        "design": {
            "positive": {
                "active_wt_pct": span("active"),
                "porosity": span("porosity"),
                "thickness_um": span("thickness"),
                "particle_d50_um": 6,
                "binder_adhesion": 0.5,
            },
            "negative": {"n_to_p_ratio": 1.1},
        },
        "baseline": {
            "positive": {
                "active_wt_pct": _number(values, "today_active"),
                "porosity": _number(values, "today_porosity"),
                "thickness_um": _number(values, "today_thickness"),
            }
        },
        "objectives": [
            {
                "name": "main",
                "maximize": metric,
                "at_power_W": _number(values, "power"),
                "reference": "baseline",
            }
        ],
        "constraints": [{"metric": "areal_capacity_mAh_per_cm2", "max": 6.0, "confidence": 0.95}],
        "fidelities": [
            {"name": "coarse", "voxels": 64, "volumes": 1, "voxel_size_um": 0.6, "mesh_points": 10},
            {"name": "fine", "voxels": 96, "volumes": 2, "voxel_size_um": 0.4, "mesh_points": 22},
        ],
        "target": "fine",
        "budget": {
            "evaluations": {
                "coarse": int(_number(values, "coarse")),
                "fine": int(_number(values, "fine")),
            }
        },
        "seed": int(_number(values, "seed")),
    }
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    return text


def _number(values: dict[str, str], name: str) -> float:
    text = values[name].strip()
    try:
        value = float(text)
    except ValueError:
        raise Invalid(f"{name}: {text[:40]!r} is no number") from None
    if not abs(value) < 1e15:
        raise Invalid(f"{name}: {text[:40]!r} is too large")
    return int(value) if value.is_integer() else value
