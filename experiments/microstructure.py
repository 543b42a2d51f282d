"""A microstructure record: what a voxel array is, without the array."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from experiments.frozen import Frozen
from experiments.observation import Artifact

PhaseName = Literal["pore", "active", "binder", "second_active"]

PHASE_LABEL: Final[dict[PhaseName, int]] = {
    "pore": 0,
    "active": 1,
    "binder": 2,
    "second_active": 3,
}


class Microstructure(Frozen):
    """Shape, voxel size, phases and provenance of a voxel array kept elsewhere.

    Axis 0 is through the electrode, from separator to current collector.
    """

    shape: tuple[int, int, int]
    voxel_size_m: tuple[float, float, float]
    volume_fraction: dict[PhaseName, float]
    generator: str
    generator_version: str
    seed: int | None = None
    statistics: dict[str, float] = Field(default_factory=dict)
    """Measured by the generator (overlap factor, number of particles, equivalent radius in m)."""
    fallbacks: tuple[str, ...] = ()
    artifact: Artifact | None = None
