"""The first objective over the two parameters that matter most, with the observations on it."""

from __future__ import annotations

from typing import Any

from controller.label import Label, metric_label, parameter_label
from controller.quantity import three
from controller.report.convergence import number, point_text
from controller.report.figure import Figure, Table, Trace, layout
from controller.report.material import Material
from controller.report.thinning import in_plane
from controller.report.tokens import token

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


def _on_map(material: Material, level: str, x_name: str, y_name: str, metric: str) -> Trace:
    """Return a level's evaluated designs, in black and white: the map has all the colours."""
    place, n_levels = material.place(level), len(material.campaign.fidelities)
    is_last, is_first = place == n_levels - 1, place == 0 and n_levels > 1
    points = material.points
    of_level = points.search[points.is_at(level)[points.search]]
    x, y = (points.coordinate(name)[of_level] for name in (x_name, y_name))
    shown = in_plane(of_level, x, y).tolist()
    values = points.value(metric)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": level,
        "x": [points.parameter(x_name, one) for one in shown],
        "y": [points.parameter(y_name, one) for one in shown],
        "text": [
            point_text(points, one)
            + "<br>"
            + (
                f"<b>{three(number(values[one]))} {metric_label(metric).unit}</b>"
                if points.failure(one) is None
                else (points.failure(one) or "").replace("_", " ")
            )
            for one in shown
        ],
        "hovertemplate": "%{text}",
        "marker": {
            "symbol": [
                "x" if points.failure(one) else ("circle", "diamond", "square")[place % 3]
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


def _colour_bar(label: Label) -> dict[str, Any]:
    return {
        "title": {"text": label.unit, "side": "top"},
        "thickness": 12,
        "outlinewidth": 0,
        "tickfont": {"color": token("soft")},
    }


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
