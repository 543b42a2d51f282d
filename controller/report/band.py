"""The band between the lowest and the highest of several curves along one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from controller.report.figure import Row, Trace
from controller.report.tokens import token
from experiments.performance import FEW_POINTS


@dataclass(frozen=True)
class Band:
    """What lies between the curves of single volumes; no error of model, batch or cell is in it."""

    x: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    n_volumes: int

    @property
    def name(self) -> str:
        """Return what the band is, for a legend."""
        return f"lowest to highest of {self.n_volumes} volumes"

    def traces(self, x_factor: float = 1.0, y_factor: float = 1.0) -> list[Trace]:
        """Return the two edges with the band filled between; factors turn SI into what is shown."""
        x = [x_factor * value for value in self.x]
        edge: Trace = {"type": "scatter", "mode": "lines", "x": x, "line": {"width": 0}}
        low = {**edge, "y": [y_factor * one for one in self.low], "showlegend": False}
        high = {**edge, "y": [y_factor * one for one in self.high], "name": self.name}
        filled = {**high, "fill": "tonexty", "fillcolor": token("band")}
        return [{**one, "hoverinfo": "skip"} for one in (low, filled)]

    def rows(self, x_factor: float = 1.0, y_factor: float = 1.0) -> list[tuple[str, Row]]:
        """Return the edges as rows: the edge's name, then x and y as shown."""
        return [
            (name, (x_factor * x, y_factor * y))
            for name, edge in (("lowest", self.low), ("highest", self.high))
            for x, y in zip(self.x, edge, strict=True)
        ]


def band(curves: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Band | None:
    """Return the band of curves (x rising, y), or None where fewer than two can show any scatter.

    A curve that ends before another stays at its last value: a cell at its cut-off is empty.
    """
    if len(curves) < 2:
        return None
    ends = [(x[0], x[-1]) for x, _ in curves]
    grid = np.linspace(min(one[0] for one in ends), max(one[1] for one in ends), FEW_POINTS)
    each = np.array([np.interp(grid, x, y) for x, y in curves])
    return Band(
        x=tuple(grid.tolist()),
        low=tuple(each.min(axis=0).tolist()),
        high=tuple(each.max(axis=0).tolist()),
        n_volumes=len(curves),
    )


def band_caption(found: Band | None) -> str:
    """Return what the band says and what it leaves out, or nothing where there is none."""
    if found is None:
        return ""
    return (
        f" Band: {found.name}, each simulated alone; scatter of structures only, no error of model,"
        " batch or cell."
    )
