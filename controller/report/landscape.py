"""The objective over the design space: a map, all designs side by side, and the front."""

from __future__ import annotations

import math
from typing import Any

from controller.front import front
from controller.label import Label, metric_label, parameter_label
from controller.quantity import three
from controller.report.convergence import design_text
from controller.report.figure import Figure, Table, Trace, layout
from controller.report.material import Material
from controller.report.tokens import token
from experiments.design_space import Categorical
from experiments.observation import Observation

_COLOUR_SCALE = "Viridis"


def surface(material: Material) -> Figure | None:
    """Return the model's map over the two parameters that matter most, observations on it."""
    found = None if material.diagnosis is None else material.diagnosis.surface
    if found is None:
        return None
    label = metric_label(found.metric)
    x_label, y_label = parameter_label(found.x_name), parameter_label(found.y_name)
    data: list[Trace] = [
        {
            "type": "contour",
            "x": list(found.x),
            "y": list(found.y),
            "z": [list(row) for row in found.mean],
            "customdata": [list(row) for row in found.sd],
            "colorscale": _COLOUR_SCALE,
            "contours": {"coloring": "heatmap", "showlabels": True, "labelfont": {"size": 11}},
            "line": {"width": 0.6, "color": "rgba(255,255,255,0.6)"},
            "colorbar": _colour_bar(label),
            "hovertemplate": (
                f"{x_label.text} %{{x:.3g}}<br>{y_label.text} %{{y:.3g}}<br>"
                f"%{{z:.4g}} ± %{{customdata:.2g}} {label.unit}<extra>model</extra>"
            ),
            "name": "model",
        }
    ]
    for level in material.campaign.fidelities:
        data.append(_on_map(material, level.name, found.x_name, found.y_name, found.metric))
    data += _marks(material, found.x_name, found.y_name)
    return Figure(
        id="landscape",
        title=f"{label.text} over {_lower(x_label.text)} and {_lower(y_label.text)}",
        caption=(
            "The model's mean at the target level; the other parameters stand at the recommended "
            "design. Marks are evaluated designs, seen from above: off this slice they may differ "
            "from the colour beneath them. Crosses failed."
        ),
        data=tuple(data),
        layout=layout(x_label.with_unit, y_label.with_unit, margin={"r": 8}),
        table=Table(
            (x_label.with_unit, y_label.with_unit, f"Mean ({label.unit})", "Standard deviation"),
            tuple(
                (x, y, found.mean[j][i], found.sd[j][i])
                for j, y in enumerate(found.y)
                for i, x in enumerate(found.x)
            ),
        ),
        height_px=420,
        is_wide=True,
    )


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


def pareto_front(material: Material) -> Figure | None:
    """Return the first two objectives against each other at the target, with the front."""
    if len(material.campaign.objectives) < 2:
        return None
    first, second = material.campaign.objectives[:2]
    (x_key, x_label), (y_key, y_label) = material.metric(first), material.metric(second)
    points = [
        one
        for one in material.finished(material.campaign.target)
        if one.value(x_key) is not None and one.value(y_key) is not None
    ]
    if not points:
        return None
    best = sorted(front(material.campaign, points), key=lambda one: one.value(x_key) or 0.0)
    base = material.baseline_at(material.campaign.target)
    keys = (x_key, y_key)
    data: list[Trace] = [
        _scatter(points, keys, material.campaign.target, colour=token("level-1"), symbol="circle"),
        {
            **_scatter(best, keys, "front", colour=token("best"), symbol="diamond"),
            "mode": "lines+markers",
            "line": {"shape": "linear", "width": 1.5, "color": token("best")},
        },
    ]
    if base is not None:
        data.append(_scatter([base], keys, "baseline", colour=token("baseline"), symbol="star"))
    return Figure(
        id="pareto",
        title=f"{x_label.text} against {_lower(y_label.text)}",
        caption=(
            "No measured design beats one on the front in every objective at once. All points are "
            "measured at the target level."
        ),
        data=tuple(data),
        layout=layout(x_label.with_unit, y_label.with_unit),
        table=Table(
            ("Job", x_label.with_unit, y_label.with_unit, "On the front"),
            tuple(
                (one.job.id, one.value(x_key), one.value(y_key), "yes" if one in best else "no")
                for one in points
            ),
        ),
        is_wide=True,
    )


def _scatter(
    points: list[Observation], keys: tuple[str, str], name: str, *, colour: str, symbol: str
) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [one.value(keys[0]) for one in points],
        "y": [one.value(keys[1]) for one in points],
        "text": [design_text(one) for one in points],
        "hovertemplate": "%{text}<br>%{x:.4g}, %{y:.4g}",
        "marker": {"color": colour, "symbol": symbol, "size": 11 if symbol != "circle" else 8},
    }


def _on_map(material: Material, level: str, x_name: str, y_name: str, metric: str) -> Trace:
    """Return a level's evaluated designs, in black and white: the map has all the colours."""
    place, n_levels = material.place(level), len(material.campaign.fidelities)
    is_last, is_first = place == n_levels - 1, place == 0 and n_levels > 1
    shown = [one for one in material.observations if one.job.fidelity == level]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": level,
        "x": [one.job.design.values.get(x_name) for one in shown],
        "y": [one.job.design.values.get(y_name) for one in shown],
        "text": [
            design_text(one)
            + "<br>"
            + (
                f"<b>{three(one.value(metric))} {metric_label(metric).unit}</b>"
                if one.failure is None
                else one.failure.kind.value.replace("_", " ")
            )
            for one in shown
        ],
        "hovertemplate": "%{text}",
        "marker": {
            "symbol": [
                "x" if one.is_failed else ("circle", "diamond", "square")[place % 3]
                for one in shown
            ],
            "size": 9,
            "color": ("#ffffff", "#9aa4b2", "#101820")[0 if is_first else 2 if is_last else 1],
            "line": {"width": 1.2, "color": "#101820" if is_first else "#ffffff"},
        },
    }


def _marks(material: Material, x_name: str, y_name: str) -> list[Trace]:
    """Return the baseline and the recommended design as stars."""
    marks: list[Trace] = []
    stars = [
        ("baseline", material.baseline[0].job.design if material.baseline else None, "#ffd166"),
        (
            "recommended",
            None if material.recommended is None else material.recommended.design,
            "#ff5d5d",
        ),
    ]
    for name, design, colour in stars:
        if design is None or x_name not in design.values or y_name not in design.values:
            continue
        marks.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": [design.values[x_name]],
                "y": [design.values[y_name]],
                "hovertemplate": name,
                "marker": {
                    "symbol": "star" if name == "recommended" else "star-diamond",
                    "size": 15,
                    "color": colour,
                    "line": {"width": 1.2, "color": "#1b1b1b"},
                },
            }
        )
    return marks


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


def _colour_bar(label: Label) -> dict[str, Any]:
    return {
        "title": {"text": label.unit, "side": "top"},
        "thickness": 12,
        "outlinewidth": 0,
        "tickfont": {"color": token("soft")},
    }


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
