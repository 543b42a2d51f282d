"""When every evaluation ran: one bar each, on as many lanes as ran at once."""

from __future__ import annotations

from typing import Final

import numpy as np

from controller.quantity import counted
from controller.report.convergence import number, point_text
from controller.report.figure import Figure, Row, Rows, Table, Trace, layout
from controller.report.material import Material
from controller.report.tokens import level_token, token

N_BARS: Final = 1000
"""The latest so many are drawn: more would be thinner than a pixel of a wide plot."""
_SAME_S: Final = 1e-3


def timeline(material: Material) -> Figure | None:
    """Return when every evaluation ran, one bar each, failures marked."""
    points = material.points
    start, end = points.started_s, points.finished_s
    known = np.flatnonzero(~np.isnan(start) & ~np.isnan(end))
    known = np.concatenate(
        [np.setdiff1d(known, points.search), np.intersect1d(known, points.search)]
    )
    if not len(known):
        return None
    known = known[np.argsort(start[known], kind="stable")]
    zero = float(start[known].min())
    shown = known[-N_BARS:].tolist()
    lanes = _lanes([(float(start[one]), float(end[one])) for one in shown])
    levels = [level.name for level in material.campaign.fidelities]
    caption = (
        "One bar an evaluation, from the first stage's start to the last one's end. The "
        "volumes of one may run on several workers at once. B is the baseline, × a failure."
    )
    if len(shown) < len(known):
        caption += f" Drawn are the latest {len(shown):,} of {counted(len(known), 'evaluation')}."

    def row(n: int) -> Row:
        place = int(known[n])
        return (
            points.ids[place],
            points.level(place),
            round(float(start[place]) - zero, 2),
            round(float(end[place]) - zero, 2),
            round(number(points.busy_s[place]) or 0.0, 2),
            points.failure(place) or "",
        )

    return Figure(
        id="timeline",
        title="When the evaluations ran",
        caption=caption,
        data=tuple(
            _bars(
                material,
                [
                    (lane, one)
                    for lane, one in zip(lanes, shown, strict=True)
                    if points.level(one) == level
                ],
                level,
                zero,
                level_token(place, len(levels)),
            )
            for place, level in enumerate(levels)
        ),
        layout=layout(
            "Time since the first job (s)",
            "",
            barmode="overlay",
            yaxis={"autorange": "reversed", "showticklabels": False, "showgrid": False},
        ),
        table=Table(
            ("Job", "Level", "Start (s)", "End (s)", "Busy (s)", "Failure"), Rows(len(known), row)
        ),
        height_px=120 + 36 * (max(lanes) + 1),
        is_wide=True,
    )


def _bars(
    material: Material, mine: list[tuple[int, int]], level: str, zero: float, colour: str
) -> Trace:
    points = material.points
    spans = [(float(points.started_s[one]), float(points.finished_s[one])) for _, one in mine]
    return {
        "type": "bar",
        "orientation": "h",
        "name": level,
        "base": [start - zero for start, _ in spans],
        "x": [end - start for start, end in spans],
        "y": [f"{lane + 1}" for lane, _ in mine],
        "text": [
            ("B" if one in points.baseline else "") + ("×" if points.failure(one) else "")
            for _, one in mine
        ],
        "hovertemplate": "%{hovertext}",
        "hovertext": [
            f"{point_text(points, one)}<br>{end - start:.3g} s"
            for (_, one), (start, end) in zip(mine, spans, strict=True)
        ],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "marker": {"color": colour, "line": {"color": token("page"), "width": 1}},
    }


def _lanes(spans: list[tuple[float, float]]) -> list[int]:
    """Return the first free lane for every span, given in order of start."""
    free_at: list[float] = []
    lanes = []
    for start, end in spans:
        for lane, since in enumerate(free_at):
            if since <= start + _SAME_S:
                free_at[lane] = end
                lanes.append(lane)
                break
        else:
            free_at.append(end)
            lanes.append(len(free_at) - 1)
    return lanes
