"""What an audit measures on one volume, real or generated."""

from __future__ import annotations

from typing import Final

import numpy as np

from experiments.microstructure import PHASE_LABEL
from simulators.microstructure.voxels import Labels
from simulators.properties.interface_area import interface_areas_per_m
from simulators.properties.pore_size import continuous_size_distribution
from simulators.properties.transport import solve_conduction

Measured = dict[str, float | None]
"""By quantity; None where it is not defined (a pore that does not percolate)."""

_PAIRS: Final = {"pore-active": (0, 1), "pore-binder": (0, 2), "active-binder": (1, 2)}
_LAGS: Final = (1, 2, 4, 8, 16)
_TOLERANCE: Final = 5e-3
"""Of a tortuosity factor: a tenth of the bar it is held against."""


def measure(
    labels: Labels, voxel_size_m: float, *, n_threads: int = 1, with_transport: bool = True
) -> Measured:
    """Return fractions, areas, pore size, two-point probabilities, and τ on three axes."""
    size_m = (voxel_size_m,) * 3
    found: Measured = {}
    for phase, number in list(PHASE_LABEL.items())[:3]:
        found[f"{phase}_fraction"] = float(np.mean(labels == number))
    areas_per_m = interface_areas_per_m(labels, size_m, n_threads=n_threads)
    for name, (i, j) in _PAIRS.items():
        found[f"{name}_area_per_m"] = float(areas_per_m[i, j])
    pores = continuous_size_distribution(labels == 0, size_m, n_threads=n_threads)
    found["mean_pore_radius_m"] = pores.mean_radius_m
    for phase in ("pore", "active"):
        mask = labels == PHASE_LABEL[phase]
        for lag in _LAGS:
            found[f"{phase}_two_point_{lag}"] = _two_point(mask, lag)
    if with_transport:
        for axis in range(3):
            found[f"tortuosity_{axis}"] = _tortuosity(labels, size_m, axis, n_threads)
    return found


def _two_point(mask: np.ndarray, lag: int) -> float:
    """Return how often two voxels so far apart along an axis are both of the phase."""
    pairs = [
        np.mean(
            np.take(mask, range(lag, mask.shape[axis]), axis=axis)
            & np.take(mask, range(mask.shape[axis] - lag), axis=axis)
        )
        for axis in range(3)
    ]
    return float(np.mean(pairs))


def _tortuosity(
    labels: Labels, size_m: tuple[float, float, float], axis: int, n_threads: int
) -> float | None:
    solved = solve_conduction(
        (labels, {0: 1.0}),
        axis=axis,
        voxel_size_m=size_m,
        tolerance=_TOLERANCE,
        n_threads=n_threads,
    )
    return solved.tortuosity_factor
