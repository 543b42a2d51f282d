"""A figure as plain data: traces and layout with colours by meaning, and the table behind it."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, overload

from controller.report.tokens import token

Trace = dict[str, Any]
Cell = str | float | int | None

FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Rows(Sequence[Row]):
    """Rows that are made when they are looked at: of a long campaign they would be megabytes."""

    n: int
    row: Callable[[int], Row]
    """Return the n-th row, from 0 on."""

    def __len__(self) -> int:
        return self.n

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Row, ...]: ...

    def __getitem__(self, place: int | slice) -> Row | tuple[Row, ...]:
        if isinstance(place, slice):
            return tuple(self.row(n) for n in range(*place.indices(self.n)))
        if not 0 <= place < self.n:
            raise IndexError(place)
        return self.row(place)


@dataclass(frozen=True)
class Table:
    """Columns with their units in the heading, and rows of numbers or words."""

    columns: tuple[str, ...]
    rows: Sequence[Row]

    def csv_uri(self) -> str:
        """Return the table as a CSV file in a ``data:`` address."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return (
            "data:text/csv;charset=utf-8;base64,"
            + base64.b64encode(text.getvalue().encode()).decode()
        )


@dataclass(frozen=True)
class Figure:
    """One plot: what it shows, its Plotly traces and layout, and its data as a table."""

    id: str
    title: str
    caption: str
    """How to read it, in one or two sentences; also the text for people who cannot see it."""
    data: tuple[Trace, ...]
    layout: dict[str, Any]
    table: Table
    height_px: int = 340
    min_width_px: int = 0
    """Below this width the plot scrolls sideways instead of shrinking."""
    is_wide: bool = False

    @cached_property
    def json(self) -> str:
        """Return traces and layout as JSON that is safe inside a script element."""
        text = json.dumps({"data": self.data, "layout": self.layout}, separators=(",", ":"))
        return text.replace("<", "\\u003c")


@dataclass(frozen=True)
class Picture:
    """A still picture with the words that stand for it."""

    id: str
    title: str
    caption: str
    alt: str
    uri: str
    width_px: int
    height_px: int
    is_pixelated: bool = False


@dataclass(frozen=True)
class Grid:
    """A table to read: words and formatted numbers, the first column naming the rows."""

    id: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    strong_column: int | None = None
    is_mono: bool = False
    """The values are ids and hashes."""


@dataclass(frozen=True)
class Section:
    """One of the report's seven parts."""

    id: str
    title: str
    notes: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    grids: tuple[Grid, ...] = ()


def layout(x: str, y: str, **more: Any) -> dict[str, Any]:
    """Return the layout all plots share, with axis titles."""
    axis = {
        "gridcolor": token("grid"),
        "linecolor": token("rule"),
        "zerolinecolor": token("rule"),
        "automargin": True,
        "ticks": "outside",
        "tickcolor": token("rule"),
        "ticklen": 4,
    }
    base: dict[str, Any] = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 13, "color": token("ink")},
        "margin": {"l": 56, "r": 16, "t": 16, "b": 48},
        "hoverlabel": {
            "bgcolor": token("card"),
            "bordercolor": token("rule"),
            "font": {"family": FONT, "size": 13, "color": token("ink")},
        },
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": token("soft")},
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "xanchor": "left"},
        "xaxis": {**axis, "title": {"text": x, "standoff": 8}},
        "yaxis": {**axis, "title": {"text": y, "standoff": 8}},
    }
    for key, value in more.items():
        base[key] = {**base[key], **value} if isinstance(value, dict) and key in base else value
    return base
