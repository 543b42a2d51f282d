"""The cell: discharge curves of the best design and the baseline, and where the voltage is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from controller.report.band import band, band_caption
from controller.report.figure import Figure, Table, Trace, layout
from controller.report.tokens import token
from experiments.performance import DischargeCurve

LOSS_COLOURS: Final = {
    "positive kinetic": "#2f6fde",
    "positive diffusion": "#6f9ae6",
    "positive ohmic": "#a9c4f2",
    "electrolyte diffusion": "#2e8b57",
    "electrolyte ohmic": "#7cc29b",
    "negative kinetic": "#c8640c",
    "negative diffusion": "#e9963f",
    "negative ohmic": "#f5c48c",
    "contact": "#8a93a0",
}
"""One hue a place (positive blue, electrolyte green, negative orange), one shade a cause."""


@dataclass(frozen=True)
class NamedCurve:
    """A discharge with what it is called in the plots."""

    name: str
    curve: DischargeCurve
    colour: str
    dash: str = "solid"


def discharge(
    curves: list[NamedCurve], of_volumes: tuple[DischargeCurve, ...] = ()
) -> Figure | None:
    """Return voltage against discharged capacity; the curves of single volumes make a band."""
    if not curves:
        return None
    between = band([(one.capacity_Ah, one.voltage_V) for one in of_volumes])
    edges = [] if between is None else between.rows()
    data: list[Trace] = [] if between is None else between.traces()
    data += [
        {
            "type": "scatter",
            "mode": "lines",
            "name": one.name,
            "x": list(one.curve.capacity_Ah),
            "y": list(one.curve.voltage_V),
            "line": {"color": one.colour, "width": 2, "dash": one.dash},
            "hovertemplate": "%{x:.3g} Ah, %{y:.3g} V",
        }
        for one in curves
    ]
    return Figure(
        id="discharge",
        title="Discharge curves",
        caption="Constant power of the whole cell, at the target level, down to the cut-off."
        + band_caption(between),
        data=tuple(data),
        layout=layout("Discharged capacity (Ah)", "Cell voltage (V)"),
        table=Table(
            ("Cell", "Time (s)", "Capacity (Ah)", "Voltage (V)"),
            (
                *((one.name, t, q, v) for one in curves for t, q, v in _thinned(one.curve)),
                *((f"{name} of volumes", None, *place) for name, place in edges),
            ),
        ),
    )


def losses_along(named: NamedCurve) -> Figure | None:
    """Return one cell's losses, stacked over the discharge."""
    if not named.curve.losses_V:
        return None
    names = ordered_losses(named.curve)
    data: list[Trace] = [
        {
            "type": "scatter",
            "mode": "lines",
            "stackgroup": "losses",
            "name": loss_text(name),
            "x": list(named.curve.capacity_Ah),
            "y": [1000 * value for value in named.curve.losses_V[name]],
            "line": {"width": 1, "color": token("card")},
            "fillcolor": LOSS_COLOURS.get(name, "#8a93a0"),
            "hovertemplate": "%{y:.3g} mV",
        }
        for name in names
    ]
    return Figure(
        id="losses-along",
        title=f"Where the voltage is lost, {named.name}",
        caption="Each band is one cause; together they are the gap to the open-circuit voltage.",
        data=tuple(data),
        layout=layout("Discharged capacity (Ah)", "Loss (mV)"),
        table=Table(
            ("Capacity (Ah)", *(f"{loss_text(name)} (mV)" for name in names)),
            tuple(
                (q, *(1000 * named.curve.losses_V[name][n] for name in names))
                for n, q in _every(named.curve.capacity_Ah)
            ),
        ),
    )


def mean_losses(curves: list[NamedCurve]) -> Figure | None:
    """Return every loss averaged over the discharge, cells side by side."""
    with_losses = [one for one in curves if one.curve.losses_V]
    if not with_losses:
        return None
    names = ordered_losses(with_losses[0].curve)
    means = {
        one.name: [1000 * mean_loss_V(one.curve, name) for name in names] for one in with_losses
    }
    data: list[Trace] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": one.name,
            "y": [loss_text(name) for name in names],
            "x": means[one.name],
            "marker": {"color": one.colour},
            "hovertemplate": "%{y}: %{x:.3g} mV",
        }
        for one in with_losses
    ]
    return Figure(
        id="losses",
        title="Mean loss by cause",
        caption="Averaged over the discharged capacity. The longest bar is where to look first.",
        data=tuple(data),
        layout=layout("Mean loss (mV)", "", yaxis={"autorange": "reversed"}),
        table=Table(
            ("Cause", *(f"{one.name} (mV)" for one in with_losses)),
            tuple(
                (loss_text(name), *(means[one.name][n] for one in with_losses))
                for n, name in enumerate(names)
            ),
        ),
    )


def mean_loss_V(curve: DischargeCurve, name: str) -> float:
    """Return a loss averaged over discharged capacity (trapezoids)."""
    values, capacity = curve.losses_V[name], curve.capacity_Ah
    whole = capacity[-1] - capacity[0]
    if whole <= 0:
        return values[-1]
    area = sum(
        (capacity[n + 1] - capacity[n]) * (values[n + 1] + values[n]) / 2
        for n in range(len(values) - 1)
    )
    return area / whole


def loss_text(name: str) -> str:
    """Return a loss's name in words."""
    words = name.removesuffix("_V").replace("_", " ")
    return words[:1].upper() + words[1:]


def ordered_losses(curve: DischargeCurve) -> list[str]:
    """Return the causes electrode by electrode, unknown ones last."""
    known = [name for name in LOSS_COLOURS if name in curve.losses_V]
    return known + [name for name in curve.losses_V if name not in LOSS_COLOURS]


def _every(values: tuple[float, ...], n_rows: int = 40) -> list[tuple[int, float]]:
    step = max(1, len(values) // n_rows)
    return [(n, values[n]) for n in range(0, len(values), step)]


def _thinned(curve: DischargeCurve) -> list[tuple[float, float, float]]:
    return [(curve.time_s[n], q, curve.voltage_V[n]) for n, q in _every(curve.capacity_Ah)]
