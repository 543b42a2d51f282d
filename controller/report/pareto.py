"""Two objectives against each other at the target, with the front."""

from __future__ import annotations

import numpy as np

from controller.points import Points
from controller.report.convergence import number, point_text
from controller.report.figure import Figure, Row, Rows, Table, Trace, layout
from controller.report.material import Material
from controller.report.thinning import Places, in_plane, words
from controller.report.tokens import token
from controller.tally import tally


def pareto_front(material: Material) -> Figure | None:
    """Return the first two objectives against each other at the target, with the front."""
    if len(material.campaign.objectives) < 2:
        return None
    first, second = material.campaign.objectives[:2]
    (x_key, x_label), (y_key, y_label) = material.metric(first), material.metric(second)
    points = material.points
    x, y = points.value(x_key), points.value(y_key)
    is_valued = points.is_at(material.campaign.target) & ~points.is_failed
    places = points.search[(is_valued & ~np.isnan(x) & ~np.isnan(y))[points.search]]
    if not len(places):
        return None
    on_front = set(tally(material.state).on_front)
    best = np.array(
        sorted((n for n in places.tolist() if points.ids[n] in on_front), key=lambda n: x[n]),
        np.intp,
    )
    shown = in_plane(places, x[places], y[places])
    base = material.baseline_at(material.campaign.target)
    keys = (x_key, y_key)
    data: list[Trace] = [
        _scatter(points, shown, keys, material.campaign.target, token("level-1"), "circle"),
        {
            **_scatter(points, best, keys, "front", token("best"), "diamond"),
            "mode": "lines+markers",
            "line": {"shape": "linear", "width": 1.5, "color": token("best")},
        },
    ]
    if base is not None:
        of_base = [n for n in points.baseline if points.ids[n] == base.job.id]
        where = np.array(of_base, np.intp)
        data.append(_scatter(points, where, keys, "baseline", token("baseline"), "star"))

    def row(n: int) -> Row:
        place = int(places[n])
        job = points.ids[place]
        return job, float(x[place]), float(y[place]), "yes" if job in on_front else "no"

    return Figure(
        id="pareto",
        title=f"{x_label.text} against {_lower(y_label.text)}",
        caption=(
            "No measured design beats one on the front in every objective at once. All points are "
            "measured at the target level." + words(len(shown), len(places))
        ),
        data=tuple(data),
        layout=layout(x_label.with_unit, y_label.with_unit),
        table=Table(
            ("Job", x_label.with_unit, y_label.with_unit, "On the front"),
            Rows(len(places), row),
        ),
        is_wide=True,
    )


def _scatter(
    points: Points, places: Places, keys: tuple[str, str], name: str, colour: str, symbol: str
) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [number(one) for one in points.value(keys[0])[places]],
        "y": [number(one) for one in points.value(keys[1])[places]],
        "text": [point_text(points, one) for one in places.tolist()],
        "hovertemplate": "%{text}<br>%{x:.4g}, %{y:.4g}",
        "marker": {"color": colour, "symbol": symbol, "size": 11 if symbol != "circle" else 8},
    }


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
