"""How the search went: every evaluation in the order it finished, and the best at the target."""

from __future__ import annotations

from controller.front import is_feasible
from controller.label import design_words, metric_label, parameter_label
from controller.quantity import three
from controller.report.figure import Figure, Table, Trace, layout
from controller.report.material import Material
from controller.report.tokens import level_token, token
from experiments.campaign import Objective
from experiments.observation import Observation


def convergence(material: Material, objective: Objective) -> Figure:
    """Return one objective against the number of finished evaluations."""
    key, label = material.metric(objective)
    campaign = material.campaign
    numbered = [(n, one) for n, one in enumerate(material.observations, start=1)]
    traces: list[Trace] = []
    for position, level in enumerate(campaign.fidelities):
        of_level = [(n, one) for n, one in numbered if one.job.fidelity == level.name]
        traces.append(_points(material, of_level, key, level.name, position))
    values = [one.value(key) for _, one in numbered if one.value(key) is not None]
    failed = [n for n, one in numbered if one.is_failed]
    traces += _best_line(material, objective, key)
    traces += _baseline_line(material, key, len(numbered))
    if failed and values:
        traces.append(_failures(failed, numbered, min(v for v in values if v is not None)))
    return Figure(
        id=f"convergence-{objective.name}",
        title=f"Convergence of {label.text.lower()}",
        caption=(
            f"Each mark is one finished evaluation. The line is the best at {campaign.target} so "
            "far within all limits; hollow marks break a limit, crosses failed."
        ),
        data=tuple(traces),
        layout=layout("Evaluations finished", label.with_unit, xaxis={"zeroline": False}),
        table=_table(material, objective),
        is_wide=True,
    )


def _points(
    material: Material, numbered: list[tuple[int, Observation]], key: str, level: str, place: int
) -> Trace:
    shown = [(n, one) for n, one in numbered if one.value(key) is not None]
    colour = level_token(place, len(material.campaign.fidelities))
    return {
        "type": "scatter",
        "mode": "markers",
        "name": level,
        "x": [n for n, _ in shown],
        "y": [one.value(key) for _, one in shown],
        "text": [design_text(one) for _, one in shown],
        "hovertemplate": f"%{{text}}<br>%{{y:.4g}} {metric_label(key).unit}",
        "marker": {
            "color": colour,
            "size": 9,
            "symbol": [
                ("circle", "diamond", "square")[place % 3]
                + ("" if is_feasible(material.campaign, one) else "-open")
                for _, one in shown
            ],
            "line": {"width": 1.5, "color": colour},
        },
    }


def _best_line(material: Material, objective: Objective, key: str) -> list[Trace]:
    xs: list[int] = []
    ys: list[float] = []
    best: float | None = None
    better = max if objective.sense == "maximize" else min
    for n, one in enumerate(material.observations, start=1):
        value = one.value(key)
        is_candidate = one.job.fidelity == material.campaign.target and is_feasible(
            material.campaign, one
        )
        if value is not None and is_candidate:
            best = value if best is None else better(best, value)
        if best is not None:
            xs.append(n)
            ys.append(best)
    if not xs:
        return []
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": f"best at {material.campaign.target}",
            "x": xs,
            "y": ys,
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


def _failures(failed: list[int], numbered: list[tuple[int, Observation]], low: float) -> Trace:
    why = {n: one.failure.kind.value for n, one in numbered if one.failure is not None}
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "failed",
        "x": failed,
        "y": [low] * len(failed),
        "text": [why[n].replace("_", " ") for n in failed],
        "hovertemplate": "%{text}",
        "marker": {
            "symbol": "x-thin",
            "size": 9,
            "line": {"width": 2, "color": token("failed")},
        },
    }


def _table(material: Material, objective: Objective) -> Table:
    key, label = material.metric(objective)
    names = [parameter_label(name).with_unit for name in material.campaign.design.names]
    rows = [
        (
            n,
            one.job.fidelity,
            *(one.job.design.values.get(name) for name in material.campaign.design.names),
            one.value(key),
            "" if one.failure is None else one.failure.kind.value,
        )
        for n, one in enumerate(material.observations, start=1)
    ]
    return Table(("Evaluation", "Level", *names, label.with_unit, "Failure"), tuple(rows))


def design_text(observation: Observation) -> str:
    """Return a design in a few lines, as a plot's hover says it."""
    words = design_words(observation.job.design, separator="<br>")
    return words or observation.job.purpose
