"""The volume to fill: its edges, its grid and which of its faces wrap around."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Box:
    """A box of voxels along z, y, x; particle positions are metres from its corner."""

    shape: tuple[int, int, int]
    voxel_size_m: float
    is_periodic: tuple[bool, bool, bool] = (True, True, True)
    height_factor: float = 1.0
    """Height over that of the voxels: above 1 before calendering."""

    @property
    def edges_m(self) -> Array:
        """Return the edge lengths along z, y, x."""
        edges = np.asarray(self.shape, dtype=np.float64) * self.voxel_size_m
        return np.asarray(edges * np.asarray([self.height_factor, 1.0, 1.0]))

    @property
    def volume_m3(self) -> float:
        """Return the volume of the whole box."""
        return float(np.prod(self.edges_m))

    @property
    def n_voxels(self) -> int:
        """Return the number of voxels."""
        return int(np.prod(np.asarray(self.shape, dtype=np.int64)))

    def stretched(self, factor: float) -> Box:
        """Return the box at ``factor`` times its height."""
        return Box(self.shape, self.voxel_size_m, self.is_periodic, self.height_factor * factor)
