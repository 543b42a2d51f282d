"""Cells: from a recipe and its measured properties to the figures of a whole cell."""

from simulators.cell.evaluate import evaluate_cell
from simulators.cell.sizing import recipe_metrics

__all__ = ["evaluate_cell", "recipe_metrics"]
