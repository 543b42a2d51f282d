"""The flux in every voxel of a conducting structure, or on one slice of it, for drawing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from experiments.errors import Invalid
from simulators.properties.compiled import Codes, Flags, Floats, Reals, kernel
from simulators.properties.slabs import available_cores, run_slabs
from simulators.properties.transport import Sides, solve_conduction


def flux_vectors(
    labels: NDArray[np.uint8],
    conductivity: Mapping[int, float],
    potential: Floats,
    *,
    axis: int = 0,
    voxel_size_m: tuple[float, float, float],
    sides: Sides = "no_flux",
    n_threads: int | None = None,
) -> Floats:
    """Return the flux (`component x z x y x x`): the mean of those through a voxel's two faces.

    ``potential`` is that of ``solve_conduction(..., axis=axis, return_field=True)``. The flux is
    relative to that through an empty box of conductivity 1, so that its component along ``axis``
    averages to the effective conductivity; it is 0 where nothing flows.
    """
    if potential.shape != labels.shape:
        raise Invalid(f"a potential of shape {potential.shape} for labels of shape {labels.shape}")
    table = np.zeros(256)
    for label, value in conductivity.items():
        table[label] = value
    size_m = np.array(voxel_size_m, np.float64)
    slopes = labels.shape[axis] * size_m[axis] / size_m
    wraps = np.full(3, sides == "periodic")
    wraps[axis] = False
    flux = np.zeros((3, *labels.shape), np.float32)
    run_slabs(
        _derive,
        labels.shape[0],
        n_threads or available_cores(),
        labels,
        table,
        potential,
        flux,
        slopes,
        axis,
        wraps,
    )
    return flux


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
    n_rows = labels.shape[1]
    rows = np.arange(n_rows // 2 - 1, n_rows // 2 + 2)
    rows = rows % n_rows if sides == "periodic" else rows[(rows >= 0) & (rows < n_rows)]
    flux = flux_vectors(
        np.ascontiguousarray(labels[:, rows]),
        conductivity,
        np.ascontiguousarray(solution.potential[:, rows]),
        voxel_size_m=voxel_size_m,
        sides=sides,
        n_threads=n_threads,
    )
    here = int(np.flatnonzero(rows == n_rows // 2)[0])
    magnitude: NDArray[np.float32] = np.linalg.norm(flux[:, :, here], axis=0).astype(np.float32)
    return magnitude


@kernel
def _derive(
    labels: Codes,
    table: Reals,
    u: Floats,
    flux: Floats,
    slopes: Reals,
    axis: int,
    wraps: Flags,
    first: int,
    last: int,
) -> None:
    shape = u.shape
    for i in range(first, last):
        for j in range(shape[1]):
            for k in range(shape[2]):
                own = u[i, j, k]
                if np.isnan(own):
                    continue
                sigma = table[labels[i, j, k]]
                for across in range(3):
                    total = 0.0
                    for step in (-1, 1):
                        place = (i, j, k)
                        at = place[across] + step
                        if wraps[across]:
                            at %= shape[across]
                        if at < 0 or at >= shape[across]:
                            if across == axis:
                                held = 1.0 if at < 0 else 0.0
                                total += step * 2 * sigma * (own - held)
                            continue
                        a = at if across == 0 else i
                        b = at if across == 1 else j
                        c = at if across == 2 else k
                        beside = u[a, b, c]
                        if not np.isnan(beside):
                            theirs = table[labels[a, b, c]]
                            face = 2 * sigma * theirs / (sigma + theirs)
                            total += step * face * (own - beside)
                    flux[across, i, j, k] = 0.5 * slopes[across] * total
