"""How the search went: every evaluation in the order it finished, and the best at the target."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from controller.label import design_words, metric_label, parameter_label
from controller.points import Points
from controller.quantity import three
from controller.report.figure import Figure, Row, Rows, Table, Trace, layout
from controller.report.material import Material
from controller.report.thinning import MOST, Places, in_order, words
from controller.report.tokens import level_token, token
from experiments.campaign import Objective
from experiments.observation import Observation


def convergence(material: Material, objective: Objective) -> Figure:
    """Return one objective against the number of finished evaluations."""
    key, label = material.metric(objective)
    campaign, points = material.campaign, material.points
    values = points.value(key)[points.search]
    shown = [_shown(points, values, points.is_at(level.name)) for level in campaign.fidelities]
    traces = [
        _points(material, found, key, level.name, position)
        for position, (level, found) in enumerate(zip(campaign.fidelities, shown, strict=True))
    ]
    traces += _best_line(material, objective, values)
    traces += _baseline_line(material, key, len(values))
    failed = np.flatnonzero(points.is_failed[points.search])
    if len(failed) and not np.isnan(values).all():
        crosses = in_order(failed, np.zeros(len(failed)))
        traces.append(_failures(points, crosses, float(np.nanmin(values))))
    n_valued = int((~np.isnan(values)).sum())
    return Figure(
        id=f"convergence-{objective.name}",
        title=f"Convergence of {label.text.lower()}",
        caption=(
            f"Each mark is one finished evaluation. The line is the best at {campaign.target} so "
            "far within all limits; hollow marks break a limit, crosses failed."
            + words(sum(map(len, shown)), n_valued)
        ),
        data=tuple(traces),
        layout=layout("Evaluations finished", label.with_unit, xaxis={"zeroline": False}),
        table=_table(material, objective),
        is_wide=True,
    )


def _shown(points: Points, values: NDArray[np.float64], is_at: NDArray[np.bool_]) -> Places:
    """Return which evaluations of a level are drawn, counted from 0."""
    found = np.flatnonzero(is_at[points.search] & ~np.isnan(values))
    return in_order(found, values[found])


def _points(material: Material, shown: Places, key: str, level: str, place: int) -> Trace:
    points = material.points
    places, values = points.search[shown], points.value(key)
    colour = level_token(place, len(material.campaign.fidelities))
    symbol = ("circle", "diamond", "square")[place % 3]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": level,
        "x": (shown + 1).tolist(),
        "y": values[places].tolist(),
        "text": [point_text(points, one) for one in places.tolist()],
        "hovertemplate": f"%{{text}}<br>%{{y:.4g}} {metric_label(key).unit}",
        "marker": {
            "color": colour,
            "size": 9,
            "symbol": [
                symbol + ("" if is_kept else "-open")
                for is_kept in points.is_feasible[places].tolist()
            ],
            "line": {"width": 1.5, "color": colour},
        },
    }


def _best_line(
    material: Material, objective: Objective, values: NDArray[np.float64]
) -> list[Trace]:
    """Return the best so far; the line is drawn level from one step to the next."""
    points = material.points
    is_candidate = points.is_at(material.campaign.target) & points.is_feasible
    sign = 1.0 if objective.sense == "maximize" else -1.0
    own = np.where(is_candidate[points.search] & ~np.isnan(values), sign * values, -np.inf)
    best = np.maximum.accumulate(own)
    numbers = np.flatnonzero(best > -np.inf)
    if not len(numbers):
        return []
    if len(numbers) > MOST:
        is_step = np.diff(best[numbers], prepend=-np.inf) > 0
        is_step[-1] = True
        numbers = numbers[is_step]
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": f"best at {material.campaign.target}",
            "x": (numbers + 1).tolist(),
            "y": (sign * best[numbers]).tolist(),
            "line": {"color": token("best"), "width": 2, "shape": "hv"},
            "hoverinfo": "skip",
        }
    ]


def _baseline_line(material: Material, key: str, n: int) -> list[Trace]:
    found = material.baseline_at(material.campaign.target)
    value = None if found is None else found.value(key)
    if value is None:
        return []
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": f"baseline, {three(value)}",
            "x": [1, max(n, 2)],
            "y": [value, value],
            "line": {"color": token("baseline"), "width": 2, "dash": "dash"},
            "hoverinfo": "skip",
        }
    ]


def _failures(points: Points, failed: Places, low: float) -> Trace:
    kinds = [points.failure(place) or "" for place in points.search[failed].tolist()]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "failed",
        "x": (failed + 1).tolist(),
        "y": [low] * len(failed),
        "text": [kind.replace("_", " ") for kind in kinds],
        "hovertemplate": "%{text}",
        "marker": {
            "symbol": "x-thin",
            "size": 9,
            "line": {"width": 2, "color": token("failed")},
        },
    }


def _table(material: Material, objective: Objective) -> Table:
    key, label = material.metric(objective)
    points, parameters = material.points, material.campaign.design.names
    places, values = points.search, points.value(key)

    def row(n: int) -> Row:
        place = int(places[n])
        return (
            n + 1,
            points.level(place),
            *(points.parameter(name, place) for name in parameters),
            number(values[place]),
            points.failure(place) or "",
        )

    names = [parameter_label(name).with_unit for name in parameters]
    columns = ("Evaluation", "Level", *names, label.with_unit, "Failure")
    return Table(columns, Rows(len(places), row))


def number(value: float) -> float | None:
    """Return a number of a column, None for NaN."""
    return None if math.isnan(value) else float(value)


def point_text(points: Points, place: int) -> str:
    """Return an observation's design in a few lines, as a plot's hover says it."""
    words = design_words(points.design(place), separator="<br>")
    return words or ("search" if place in points.search else "baseline")


def design_text(observation: Observation) -> str:
    """Return a design in a few lines, as a plot's hover says it."""
    words = design_words(observation.job.design, separator="<br>")
    return words or observation.job.purpose
