"""What the cell stage is asked and what it hands back; the other stages use shared records."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from experiments.cell_spec import CellSpec
from experiments.frozen import Frozen
from experiments.observation import Failure
from experiments.performance import CellPerformance, ChargeCurve, DischargeCurve
from experiments.physics import Physics
from experiments.properties import EffectiveProperties
from experiments.recipe import Recipe


class CellRequest(Frozen):
    """One cell at one power, for every volume of a job."""

    cell: CellSpec
    recipe: Recipe
    volumes: tuple[EffectiveProperties, ...]
    power_W: float | None
    """None asks only for what follows from the recipe."""
    model: Literal["DFN", "SPMe", "SPM", "half-cell"]
    mesh_points: int
    physics: Physics
    wanted: tuple[str, ...] = ()
    """Metrics beyond the discharge's own; asked of the first power only, where they are of none."""
    with_charge: bool = False
    """Whether to keep a fast charge that no metric needs; where it fails, the cell does not."""


class VolumePerformance(Frozen):
    """The cell with the properties of one random volume; a failed one says why."""

    metrics: dict[str, float] = Field(default_factory=dict)
    failure: str | None = None
    curve: DischargeCurve | None = None
    """Thinned, as every charge is."""
    charge: ChargeCurve | None = None


class CellResult(Frozen):
    """One cell at one power: with the mean properties, and with those of every volume.

    A failure says that the cell with the mean properties gives no number.
    """

    mean: EffectiveProperties
    at_mean: CellPerformance | None = None
    by_volume: tuple[VolumePerformance, ...] = ()
    failure: Failure | None = None
