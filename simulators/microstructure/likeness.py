"""How like a real electrode generated volumes are: the same quantities measured on both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulators.microstructure.correlation_length import correlation_lengths_m
from simulators.microstructure.voxels import Voxels
from simulators.properties.interface_area import interface_areas_per_m
from simulators.properties.pore_size import continuous_size_distribution
from simulators.properties.transport import solve_conduction

_AXES = (0, 1, 2)
_PAIRS = {"pore-active": (0, 1), "pore-binder": (0, 2), "active-binder": (1, 2)}


@dataclass(frozen=True)
class Likeness:
    """One quantity of the image and its mean over the generated volumes."""

    quantity: str
    unit: str
    image: float
    generated: float
    scatter: float
    """Standard deviation over the volumes."""

    @property
    def difference(self) -> float:
        """Return generated over image, minus one; infinite where only the image has none."""
        if self.image == 0.0:
            return 0.0 if self.generated == 0.0 else math.inf
        return self.generated / self.image - 1.0


def compare(
    image: Voxels, generated: Sequence[Voxels], *, tolerance: float = 1e-3, n_threads: int = 1
) -> tuple[Likeness, ...]:
    """Return transport, areas, sizes and correlation lengths side by side.

    Phases are pore, active, binder; the binder blocks ions, as in the reference values of images.
    """
    of_image = _measured(image, tolerance, n_threads)
    of_generated = [_measured(voxels, tolerance, n_threads) for voxels in generated]
    rows = []
    for (quantity, unit), value in of_image.items():
        values = [found[quantity, unit] for found in of_generated]
        rows.append(Likeness(quantity, unit, value, float(np.mean(values)), float(np.std(values))))
    return tuple(rows)


def _measured(voxels: Voxels, tolerance: float, n_threads: int) -> dict[tuple[str, str], float]:
    labels, size_m = voxels.labels, voxels.voxel_size_m
    found: dict[tuple[str, str], float] = {}
    for axis in _AXES:
        solved = solve_conduction(
            (labels, {0: 1.0}),
            axis=axis,
            voxel_size_m=size_m,
            tolerance=tolerance,
            n_threads=n_threads,
        )
        found[f"pore tortuosity factor, axis {axis}", "1"] = solved.tortuosity_factor or float(
            "nan"
        )
    areas_per_m = interface_areas_per_m(labels, size_m, n_threads=n_threads)
    for name, (i, j) in _PAIRS.items():
        found[f"{name} area", "1/m"] = float(areas_per_m[i, j])
    radius_m = continuous_size_distribution(labels == 0, size_m, n_threads=n_threads).mean_radius_m
    found["mean pore radius", "m"] = radius_m or float("nan")
    for phase, label in (("pore", 0), ("active", 1)):
        for axis, length_m in zip(
            _AXES, correlation_lengths_m(labels == label, size_m), strict=True
        ):
            found[f"{phase} correlation length, axis {axis}", "m"] = length_m
    return found
