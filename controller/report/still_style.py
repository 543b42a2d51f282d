"""The look of figures written as files, one for all commands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from controller.report.tokens import LIGHT

DPI: Final = 150
STYLE: Final[Mapping[str, Any]] = {
    "font.family": ["sans-serif"],
    "font.size": 10,
    "axes.edgecolor": LIGHT["rule"],
    "axes.labelcolor": LIGHT["ink"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": LIGHT["grid"],
    "text.color": LIGHT["ink"],
    "xtick.color": LIGHT["soft"],
    "ytick.color": LIGHT["soft"],
    "axes.axisbelow": True,
}


def blank_figure(width_in: float, height_in: float) -> Figure:
    """Return an empty figure; draw within ``mpl.rc_context(dict(STYLE))``."""
    return Figure(figsize=(width_in, height_in), dpi=DPI, layout="constrained")


def styled() -> Any:
    """Return the context that figures are drawn and written in."""
    return mpl.rc_context(dict(STYLE))


def write_png(figure: Figure, path: Path) -> Path:
    """Write a figure and return its path."""
    FigureCanvasAgg(figure).print_png(path)
    return path
