"""Metrics of other packages: the entry points ``cellwright.metrics``, loaded only when wanted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import metadata
from typing import Protocol

from experiments.cell_spec import CellSpec
from experiments.errors import Invalid
from experiments.metrics import GROUP, METRICS
from experiments.performance import CellPerformance
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe
from simulators.cell.whole_cell import WholeCell


@dataclass(frozen=True)
class CellFigures:
    """Everything known of an evaluated cell."""

    cell: CellSpec
    recipe: Recipe
    properties: EffectiveProperties
    whole: WholeCell
    performance: CellPerformance
    """With every built-in metric of the discharge; losses along its curve only at the mean."""


class CellMetric(Protocol):
    """What an entry point of ``cellwright.metrics`` names: a function of the figures."""

    def __call__(self, figures: CellFigures) -> float:
        """Return the metric's value, a finite number in the unit its name ends in."""


def outside_values(figures: CellFigures, wanted: tuple[str, ...]) -> dict[str, float]:
    """Return the wanted metrics of other packages. Raises ``Invalid`` where one gives no number."""
    found = {}
    for name in wanted:
        if not METRICS[name].is_outside:
            continue
        (entry,) = metadata.entry_points(group=GROUP, name=name)
        metric: CellMetric = entry.load()
        value = metric(figures)
        if not isinstance(value, (int, float)) or not math.isfinite(value):
            raise Invalid(f"metric {name} of {entry.value}: {value!r} is not a finite number")
        found[name] = float(value)
    return found
