"""The fast charge: voltage and the margin to lithium plating along it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from controller.quantity import three
from controller.report.band import Band, band, band_caption
from controller.report.figure import Figure, Row, Table, Trace, layout
from experiments.performance import ChargeCurve

_STATE = "State of charge (%)"


@dataclass(frozen=True)
class NamedCharge:
    """A fast charge with what it is called in the plots."""

    name: str
    curve: ChargeCurve
    colour: str


def charge_figures(
    charges: list[NamedCharge], of_volumes: tuple[ChargeCurve, ...] = ()
) -> list[Figure]:
    """Return voltage and plating margin along the charges; the first one's volumes make bands."""
    if not charges:
        return []
    return [_voltage(charges, of_volumes), _margin(charges, of_volumes)]


def _voltage(charges: list[NamedCharge], of_volumes: tuple[ChargeCurve, ...]) -> Figure:
    between = band([(one.charged_share, one.voltage_V) for one in of_volumes])
    data = _lines(charges, lambda one: one.voltage_V, 1.0, "%{x:.3g}%, %{y:.3g} V")
    rows: list[Row] = [
        (one.name, t, 100 * share, v, rate)
        for one in charges
        for t, share, v, rate in zip(
            one.curve.time_s,
            one.curve.charged_share,
            one.curve.voltage_V,
            one.curve.c_rate_per_h,
            strict=True,
        )
    ]
    edges = [] if between is None else between.rows(x_factor=100.0)
    rows += [(f"{name} of volumes", None, *place, None) for name, place in edges]
    caption = "As fast as current, voltage and lithium plating allow." + band_caption(between)
    return Figure(
        id="charge",
        title="Fast charge",
        caption=caption,
        data=(*_traces(between, 1.0), *data),
        layout=layout(_STATE, "Cell voltage (V)"),
        table=Table(("Cell", "Time (s)", _STATE, "Voltage (V)", "Current (1/h)"), tuple(rows)),
    )


def _margin(charges: list[NamedCharge], of_volumes: tuple[ChargeCurve, ...]) -> Figure:
    between = band([(one.charged_share, one.plating_margin_V) for one in of_volumes])
    data = _lines(charges, lambda one: one.plating_margin_V, 1e3, "%{x:.3g}%, %{y:.3g} mV")
    rows: list[Row] = [
        (one.name, 100 * share, 1e3 * margin)
        for one in charges
        for share, margin in zip(one.curve.charged_share, one.curve.plating_margin_V, strict=True)
    ]
    edges = [] if between is None else between.rows(x_factor=100.0, y_factor=1e3)
    rows += [(f"{name} of volumes", *place) for name, place in edges]
    kept = three(1e3 * charges[0].curve.kept_margin_V)
    return Figure(
        id="plating-margin",
        title="Plating margin along the fast charge",
        caption=f"The negative's lowest potential against lithium; below 0 lithium plates. The "
        f"charge slows down to keep {kept} mV." + band_caption(between),
        data=(*_traces(between, 1e3), *data),
        layout=layout(_STATE, "Plating margin (mV)", yaxis={"rangemode": "tozero"}),
        table=Table(("Cell", _STATE, "Plating margin (mV)"), tuple(rows)),
    )


def _lines(
    charges: list[NamedCharge],
    column: Callable[[ChargeCurve], tuple[float, ...]],
    factor: float,
    hover: str,
) -> list[Trace]:
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": one.name,
            "x": [100 * share for share in one.curve.charged_share],
            "y": [factor * value for value in column(one.curve)],
            "line": {"color": one.colour, "width": 2},
            "hovertemplate": hover,
        }
        for one in charges
    ]


def _traces(between: Band | None, factor: float) -> list[Trace]:
    return [] if between is None else between.traces(100.0, factor)
