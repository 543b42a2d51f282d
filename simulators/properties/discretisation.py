"""Estimate what the size of the voxels does to a conductivity, apart from its certified interval.

The error of the voxel problem falls in proportion to the voxel size h wherever an insulating phase
has curved surfaces: steps stand in the way. So D(h) - D(0) = D(2h) - D(h). Every other voxel of an
image is the same geometry at 2h. Two such sublattices are averaged, because taking the first and
taking the second voxel shift the geometry against each other by a whole voxel.

Measured on overlapping insulating spheres of 6 to 16 voxels radius at 25 and 41% porosity: the
estimate was 0.77 to 1.11 times the error against the same spheres extrapolated to h = 0; at 4
voxels 0.42 to 0.86 (docs/benchmarks.md). An estimate, not a bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulators.properties.slabs import available_cores
from simulators.properties.transport import Sides, estimate_conductivity

SMALLEST_EDGE: Final = 16
"""Voxels along the shortest edge; what is smaller has no image at 2h worth the name (assumed)."""
COARSE_CHANGE: Final = 1e-3
"""The coarse solutions stop when their last iterations changed less, relative to the fine one. On
the generated cathode the estimate moved by at most 0.2% of itself against coarse solutions known
to 1%; at contrasts of 1e4 and more the coarse values are less certain than that."""


def discretisation_bias(
    labels: NDArray[np.uint8],
    conductivity: Mapping[int, float],
    relative: float,
    *,
    axis: int,
    voxel_size_m: tuple[float, float, float],
    sides: Sides = "no_flux",
    n_threads: int | None = None,
) -> float | None:
    """Return the estimate of D(h) - D(0) for the solution ``relative`` of this structure.

    Both coarse solutions run side by side. A sublattice that does not percolate counts as 0. None
    where nothing percolates, a coarse solution does not settle, or the structure is too small.
    """
    if relative <= 0 or min(labels.shape) < SMALLEST_EDGE:
        return None
    threads = n_threads or available_cores()

    def solve(start: int) -> float | None:
        every_other = np.ascontiguousarray(labels[start::2, start::2, start::2])
        present = np.bincount(every_other.reshape(-1), minlength=256) > 0
        conducting = {
            label: value for label, value in conductivity.items() if value > 0 and present[label]
        }
        if not conducting:
            return 0.0
        return estimate_conductivity(
            (every_other, conducting),
            axis=axis,
            voxel_size_m=voxel_size_m,
            sides=sides,
            tolerance=COARSE_CHANGE,
            negligible=COARSE_CHANGE * relative,
            n_threads=max(1, threads // 2),
        )

    with ThreadPoolExecutor(min(2, threads), thread_name_prefix="every-other") as pool:
        first, second = pool.map(solve, (0, 1))
    if first is None or second is None:
        return None
    return 0.5 * (first + second) - relative
