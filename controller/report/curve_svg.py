"""A discharge curve as a small still picture (SVG), for stores that show files one by one."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

from controller.quantity import three
from controller.report.figure import FONT
from controller.report.tokens import LIGHT
from experiments.performance import DischargeCurve

_WIDTH: Final = 560
_HEIGHT: Final = 360
_LEFT: Final = 64
_BOTTOM: Final = 48
_TOP: Final = 40
_RIGHT: Final = 16
_N_TICKS: Final = 5


def curve_svg(curve: DischargeCurve, title: str) -> str:
    """Return voltage against discharged capacity with axes in Ah and V."""
    x_low, x_high = 0.0, max(curve.capacity_Ah) or 1.0
    y_low, y_high = min(curve.voltage_V), max(curve.voltage_V)
    y_high = y_high if y_high > y_low else y_low + 1.0

    def x(value: float) -> float:
        return _LEFT + (value - x_low) / (x_high - x_low) * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - (value - y_low) / (y_high - y_low) * (_HEIGHT - _BOTTOM - _TOP)

    points = " ".join(
        f"{x(q):.1f},{y(v):.1f}" for q, v in zip(curve.capacity_Ah, curve.voltage_V, strict=True)
    )
    ticks = [n / (_N_TICKS - 1) for n in range(_N_TICKS)]
    x_ticks = [x_low + share * (x_high - x_low) for share in ticks]
    y_ticks = [y_low + share * (y_high - y_low) for share in ticks]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" font-family="{escape(FONT)}" font-size="13">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="{LIGHT["page"]}"/>',
        _text(_LEFT, 24, title, "start", LIGHT["ink"]),
        *(
            f'<path d="M{_LEFT} {y(value):.1f}H{_WIDTH - _RIGHT}" stroke="{LIGHT["grid"]}"/>'
            + _text(_LEFT - 8, y(value) + 4, three(value), "end", LIGHT["soft"])
            for value in y_ticks
        ),
        *(
            _text(x(value), _HEIGHT - _BOTTOM + 18, three(value), "middle", LIGHT["soft"])
            for value in x_ticks
        ),
        _text((_LEFT + _WIDTH) / 2, _HEIGHT - 10, "Capacity (Ah)", "middle", LIGHT["ink"]),
        f'<g transform="translate(16 {_HEIGHT / 2:.0f}) rotate(-90)">'
        + _text(0, 0, "Cell voltage (V)", "middle", LIGHT["ink"])
        + "</g>",
        f'<polyline points="{points}" fill="none" stroke="{LIGHT["best"]}" stroke-width="2"/>',
        "</svg>",
    ]
    return "\n".join(parts)


def _text(x: float, y: float, words: str, anchor: str, colour: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">'
        f"{escape(words)}</text>"
    )
