"""Labelled voxels: the array behind a microstructure record."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from experiments.errors import Invalid
from experiments.microstructure import PHASE_LABEL, PhaseName

Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Voxels:
    """One labelled volume; axis 0 runs from the separator to the current collector."""

    labels: Labels
    """`z x y x x`, values from ``PHASE_LABEL``."""
    voxel_size_m: tuple[float, float, float]
    """Edge lengths along z, y, x."""
    statistics: dict[str, float] = field(default_factory=dict)
    """What the generator measured (n_particles, overlap_factor, equivalent_radius_m …)."""
    fallbacks: tuple[str, ...] = ()
    """Every place where the result is less than what was asked, in words."""

    def __post_init__(self) -> None:
        if self.labels.dtype != np.uint8 or self.labels.ndim != 3:
            raise Invalid(
                f"voxel labels must be a 3D uint8 array; found {self.labels.ndim}D "
                f"{self.labels.dtype}"
            )

    @cached_property
    def volume_fraction(self) -> dict[PhaseName, float]:
        """Return the share of every phase that is present."""
        planes = (plane.reshape(-1) for plane in self.labels)  # bincount makes 8 bytes of a voxel
        counts = np.sum([np.bincount(plane, minlength=256) for plane in planes], axis=0)
        return {
            phase: float(counts[label] / self.labels.size)
            for phase, label in PHASE_LABEL.items()
            if counts[label]
        }
