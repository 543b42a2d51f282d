"""The level of real cells: which instrument builds them, how many, and how they are tested."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from experiments.frozen import Frozen

LABORATORY_FORMATS: Final = ("coin", "single-layer-pouch")
Rate = Annotated[float, Field(gt=0, le=50)]


class BuildProtocol(Frozen):
    """How a build's cells are cycled.

    The campaign's powers are not written here: for each of them the cell is discharged once a
    little below and once a little above the areal power that the whole cell would have.
    """

    rates_per_h: tuple[Rate, ...] = Field(default=(0.1,), min_length=1, max_length=20)
    """C-rates of further discharges, before those; the first one forms the cell."""
    charge_rate_per_h: Rate = 0.2
    minimum_V: float | None = Field(default=None, gt=0, le=10)
    """None takes the parameter set's."""
    maximum_V: float | None = Field(default=None, gt=0, le=10)


class BuildFidelity(Frozen):
    """A level at which designs are built; nothing of it happens without a person's decision."""

    kind: Literal["build"]
    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")
    instrument: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")
    """By its name in the administrator's file."""
    format: str = "coin"
    """A laboratory format: one coated disc or layer of each electrode."""
    n_cells: int = Field(default=3, ge=1, le=96)
    """Cells of one build, all from one coating."""
    protocol: BuildProtocol = BuildProtocol()
    cost_EUR: float = Field(default=0.0, ge=0)
    """Of one build."""
    channel_days: float = Field(default=0.0, ge=0)
    """Cycler channels × days that one build takes."""
    at_once: int = Field(default=4, ge=1, le=100)
    """Proposals that wait and builds under way, together, at most."""
    cost: float | None = Field(default=None, gt=0)
    """Relative cost, in the unit of the simulated levels' ``cost``."""

    @property
    def source_of(self) -> None:
        """Return None: real cells are no results of earlier versions."""
        return None
