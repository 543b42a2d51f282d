"""The flux through a slice of a conducting structure, for drawing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simulators.properties.transport import Sides, solve_conduction


def flux_on_slice(
    labels: NDArray[np.uint8],
    conductivity: Mapping[int, float],
    *,
    voxel_size_m: tuple[float, float, float],
    sides: Sides = "no_flux",
    n_threads: int | None = None,
) -> NDArray[np.float32]:
    """Return |flux| on the middle slice across axis 1 (`z x x`), for transport along axis 0.

    Relative to the flux through an empty box of conductivity 1; 0 where nothing flows.
    """
    solution = solve_conduction(
        (labels, conductivity),
        axis=0,
        voxel_size_m=voxel_size_m,
        sides=sides,
        n_threads=n_threads,
        return_field=True,
    )
    if solution.potential is None:
        return np.zeros((labels.shape[0], labels.shape[2]), np.float32)
    middle = labels.shape[1] // 2
    near = slice(max(0, middle - 1), middle + 2)
    potential = solution.potential[:, near]
    table = np.zeros(256)
    for label, value in conductivity.items():
        table[label] = value
    sigma = np.where(np.isnan(potential), 0.0, table[labels[:, near]])
    potential = np.nan_to_num(potential)
    square = np.zeros(potential.shape)
    for axis, size_m in enumerate(voxel_size_m):
        square += _mean_face_flux(potential, sigma, axis, size_m) ** 2
    length_m = labels.shape[0] * voxel_size_m[0]
    here = min(middle, 1)
    flux: NDArray[np.float32] = (np.sqrt(square[:, here]) * length_m).astype(np.float32)
    return flux


def _mean_face_flux(
    potential: NDArray[np.float32], sigma: NDArray[np.float64], axis: int, size_m: float
) -> NDArray[np.float64]:
    """Return the mean of the fluxes through both faces of every voxel across an axis."""
    p, s = np.moveaxis(potential, axis, 0), np.moveaxis(sigma, axis, 0)
    both = s[1:] + s[:-1]
    face = 2 * s[1:] * s[:-1] / np.where(both > 0, both, 1.0)
    flux = face * (p[:-1] - p[1:]) / size_m
    total = np.zeros(s.shape)
    total[:-1] += flux
    total[1:] += flux
    if axis == 0:
        total[0] += 2 * s[0] * (1.0 - p[0]) / size_m
        total[-1] += 2 * s[-1] * p[-1] / size_m
    return np.moveaxis(total / 2, 0, axis)
