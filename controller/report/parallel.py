"""All successful designs side by side: parameters, level and objectives as parallel axes."""

from __future__ import annotations

import math
from typing import Any

from controller.label import Label
from controller.report.figure import Figure, Table, layout
from controller.report.material import Material
from controller.report.tokens import token
from experiments.design_space import Categorical
from experiments.observation import Observation

_COLOUR_SCALE = "Viridis"


def parallel_coordinates(material: Material) -> Figure | None:
    """Return every successful design as a line over all parameters and objectives."""
    shown = [one for one in material.observations if not one.is_failed]
    metric = material.main_metric
    shown = [one for one in shown if one.value(metric) is not None]
    if not shown:
        return None
    levels = [level.name for level in material.campaign.fidelities]
    dimensions: list[dict[str, Any]] = [
        _dimension(material, name, label, shown) for name, label in material.parameters()
    ]
    dimensions.append(
        {
            "label": "Level",
            "values": [levels.index(one.job.fidelity) for one in shown],
            "tickvals": list(range(len(levels))),
            "ticktext": levels,
        }
    )
    wishes = [material.metric(objective) for objective in material.campaign.objectives]
    for key, label in wishes:
        dimensions.append({"label": label.with_unit, "values": [one.value(key) for one in shown]})
    values = [one.value(metric) for one in shown]
    trace = {
        "type": "parcoords",
        "line": {"color": values, "colorscale": _COLOUR_SCALE, "showscale": False},
        "dimensions": dimensions,
        "labelfont": {"size": 12, "color": token("ink")},
        "tickfont": {"size": 11, "color": token("soft")},
        "rangefont": {"size": 1, "color": "rgba(0,0,0,0)"},
        "unselected": {"line": {"color": token("rule"), "opacity": 0.35}},
    }
    names = [label.with_unit for _, label in material.parameters()]
    return Figure(
        id="parallel",
        title="All designs side by side",
        caption=(
            "One line a result, brighter where the first objective is higher. Drag along an axis "
            "to keep only the designs within that range; double-click to let go."
        ),
        data=(trace,),
        layout=layout("", "", margin={"l": 88, "r": 88, "t": 56, "b": 24}),
        table=Table(
            (*names, "Level", *(label.with_unit for _, label in wishes)),
            tuple(
                (
                    *(one.job.design.values.get(name) for name, _ in material.parameters()),
                    one.job.fidelity,
                    *(one.value(key) for key, _ in wishes),
                )
                for one in shown
            ),
        ),
        min_width_px=100 + 130 * len(dimensions),
        is_wide=True,
    )


def _dimension(
    material: Material, name: str, label: Label, shown: list[Observation]
) -> dict[str, Any]:
    for parameter in material.campaign.design.parameters:
        if isinstance(parameter, Categorical) and parameter.name == name:
            choices = list(parameter.choices)
            return {
                "label": label.with_unit,
                "values": [choices.index(one.job.design.values[name]) for one in shown],
                "tickvals": list(range(len(choices))),
                "ticktext": [str(choice) for choice in choices],
            }
    low, high = next(
        (low, high)
        for other, low, high in material.campaign.design.numeric_bounds()
        if other == name
    )
    return {
        "label": label.with_unit,
        "range": [low, high],
        "values": [one.job.design.values.get(name, math.nan) for one in shown],
    }
