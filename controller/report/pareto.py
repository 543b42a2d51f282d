"""Two objectives against each other at the target, with the front."""

from __future__ import annotations

from controller.front import front
from controller.report.convergence import design_text
from controller.report.figure import Figure, Table, Trace, layout
from controller.report.material import Material
from controller.report.tokens import token
from experiments.observation import Observation


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


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
