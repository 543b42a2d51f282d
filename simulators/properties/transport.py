"""Measure the effective conductivity of a voxel structure, with a certified interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from experiments.errors import InternalError, Invalid
from simulators.properties.checkerboard import Layout, join, paint, wrap
from simulators.properties.conjugate_gradients import Solution, Solver
from simulators.properties.percolation import BOTH, find_runs
from simulators.properties.slabs import available_cores, run_slabs

Sides = Literal["no_flux", "periodic"]
BOUND_METHOD = "energy above, Gauss-Radau below (Ritz safety 5)"
WIENER_SLACK = 1e-5
"""Single-precision allowance before a result above the Wiener mean is called an error."""


@dataclass(frozen=True)
class Conduction:
    """Effective conductivity along one axis, in the units of the conductivities given."""

    relative: float
    """Deff/D0 for one conductor of conductivity 1; 0 where nothing percolates."""
    lower: float
    upper: float
    tortuosity_factor: float | None
    """Σφᵢσᵢ / σeff with whole phase fractions; None where nothing percolates."""
    percolating_fraction: float
    """Share of the conducting voxels that are connected to both ends."""
    iterations: int
    residual: float
    """Preconditioned residual relative to the first one."""
    is_converged: bool
    bound_method: str
    profile: NDArray[np.float64]
    """Effective conductivity of every layer along the axis; its harmonic mean is ``relative``."""
    potential: NDArray[np.float32] | None = None
    """1 at the front end, 0 at the back; NaN where nothing flows."""


def solve_conduction(
    conductivity: tuple[NDArray[np.unsignedinteger[Any]], Mapping[int, float]]
    | NDArray[np.floating[Any]],
    *,
    axis: int = 0,
    voxel_size_m: float | tuple[float, float, float] = 1.0,
    sides: Sides = "no_flux",
    tolerance: float = 1e-3,
    max_iterations: int = 500,
    n_threads: int | None = None,
    return_field: bool = False,
) -> Conduction:
    """Solve steady conduction between the two end faces of ``axis``.

    ``conductivity`` is ``(labels, {label: conductivity})`` (uint8 labels `z x y x x`, the lean way)
    or an array of conductivities. A label that the table does not name does not conduct.
    """
    labels, table = _as_labels(conductivity)
    spacing = _as_spacing(voxel_size_m)
    _check(labels, axis, sides, tolerance)
    order = (axis, *(a for a in range(3) if a != axis))
    turned = np.ascontiguousarray(labels.transpose(order))
    spacing = tuple(spacing[a] for a in order)
    threads = n_threads or available_cores()
    result = _solve(turned, table, spacing, sides, tolerance, max_iterations, threads, return_field)
    if result.potential is None:
        return result
    back = tuple(np.argsort(order))
    field = np.ascontiguousarray(result.potential.transpose(back))
    return Conduction(**{**vars(result), "potential": field})


def _solve(
    labels: NDArray[np.unsignedinteger[Any]],
    table: NDArray[np.float64],
    spacing: tuple[float, ...],
    sides: Sides,
    tolerance: float,
    max_iterations: int,
    n_threads: int,
    return_field: bool,
) -> Conduction:
    counts = np.bincount(labels.reshape(-1), minlength=table.size)
    wiener = float(counts @ table) / labels.size
    runs = find_runs(labels, table > 0, periodic=sides == "periodic", n_threads=n_threads)
    connected = runs.touches == BOTH
    n_connected = int((runs.span[connected, 1] - runs.span[connected, 0]).sum())
    n_conducting = int(counts[table > 0].sum())
    nz, ny, nx = labels.shape
    if n_connected == 0:
        return Conduction(
            0.0, 0.0, 0.0, None, 0.0, 0, 0.0, True, "no path joins the ends", np.zeros(nz)
        )
    original = labels.shape
    if sides == "periodic":
        labels, runs_again = _even(labels)
        if runs_again:
            runs = find_runs(labels, table > 0, periodic=True, n_threads=n_threads)
        nz, ny, nx = labels.shape
    scale = float(table.max())
    layout = Layout(nz, ny, nx, sides == "periodic" and ny > 1, sides == "periodic" and nx > 1)
    with np.errstate(divide="ignore"):
        rho_of_label = (0.5 * scale / table).astype(np.float32)
    red = np.full(layout.size, np.inf, np.float32)
    black = np.full(layout.size, np.inf, np.float32)
    run_slabs(
        paint,
        nz,
        n_threads,
        labels,
        runs.row_start,
        runs.span,
        runs.touches,
        rho_of_label,
        red,
        black,
    )
    for colour in (red, black):
        colour[: layout.plane] = 0
        colour[-layout.plane :] = 0
        if sides == "periodic":
            wrap(colour, ny, layout.slots, layout.is_periodic_y, layout.is_periodic_x, 0, nz)
    weights = np.array([1.0, (spacing[0] / spacing[1]) ** 2, (spacing[0] / spacing[2]) ** 2])
    solver = Solver(
        layout,
        weights.astype(np.float32),
        red,
        black,
        is_single=int((table > 0).sum()) == 1,
        n_threads=n_threads,
    )
    del red, black, runs
    solution = solver.solve(tolerance, max_iterations)
    unit = scale * nz / (ny * nx)
    relative = solution.energy * unit
    if relative > wiener * (1 + WIENER_SLACK) or relative < 0:
        raise InternalError(
            f"the conduction solver gave {relative:.6g}, outside 0 to the Wiener mean "
            f"{wiener:.6g}; this is a defect of the solver",
            relative=relative,
            wiener=wiener,
        )
    with np.errstate(divide="ignore"):
        profile = unit * solution.energy**2 / (nz * solution.layer_power)
    return Conduction(
        relative=min(relative, wiener),
        lower=solution.lower * unit,
        upper=solution.upper * unit,
        tortuosity_factor=max(1.0, wiener / relative),
        percolating_fraction=n_connected / n_conducting,
        iterations=solution.iterations,
        residual=solution.residual,
        is_converged=solution.is_converged,
        bound_method=BOUND_METHOD,
        profile=profile,
        potential=_dense(solution, layout, original, n_threads) if return_field else None,
    )


def _dense(
    solution: Solution, layout: Layout, shape: tuple[int, ...], n_threads: int
) -> NDArray[np.float32]:
    dense = np.empty((layout.nz, layout.ny, layout.nx), np.float32)
    run_slabs(join, layout.nz, n_threads, solution.red, solution.black, dense)
    return dense[:, : shape[1], : shape[2]]


def _even(
    labels: NDArray[np.unsignedinteger[Any]],
) -> tuple[NDArray[np.unsignedinteger[Any]], bool]:
    """Double a periodic side of odd length: two colours need an even number of voxels around."""
    copies = [1, *(2 if n % 2 and n > 1 else 1 for n in labels.shape[1:])]
    return (np.tile(labels, copies), True) if max(copies) > 1 else (labels, False)


def _as_labels(
    conductivity: Any,
) -> tuple[NDArray[np.unsignedinteger[Any]], NDArray[np.float64]]:
    if isinstance(conductivity, tuple):
        labels, mapping = conductivity
        labels = np.asarray(labels)
        if labels.dtype != np.uint8:
            raise Invalid(f"labels must be uint8, not {labels.dtype}")
        table = np.zeros(256)
        for label, value in mapping.items():
            if not 0 <= int(label) <= 255:
                raise Invalid(f"label {label} is outside 0 to 255")
            table[int(label)] = value
        _check_values(np.array(list(mapping.values()), float))
        present = np.bincount(labels.reshape(-1), minlength=256) > 0
        missing = [label for label in mapping if not present[int(label)]]
        if missing:
            found = ", ".join(str(label) for label in np.flatnonzero(present))
            raise Invalid(
                f"label {missing[0]} has a conductivity but no voxel; labels present: {found}"
            )
        table[~present] = 0
        return labels, table
    values = np.asarray(conductivity, float)
    _check_values(values)
    unique, inverse = np.unique(values, return_inverse=True)
    if unique.size > 256:
        raise Invalid(f"{unique.size} different conductivities: at most 256 are possible")
    table = np.zeros(256)
    table[: unique.size] = unique
    return inverse.reshape(values.shape).astype(np.uint8), table


def _check_values(values: NDArray[np.float64]) -> None:
    if not np.isfinite(values).all() or (values < 0).any():
        raise Invalid("every conductivity must be a finite number, 0 or above")
    if not (values > 0).any():
        raise Invalid("no phase conducts: at least one conductivity must be above 0")


def _as_spacing(voxel_size_m: float | tuple[float, float, float]) -> tuple[float, ...]:
    spacing = tuple(np.broadcast_to(np.asarray(voxel_size_m, float), 3).tolist())
    if not all(np.isfinite(h) and h > 0 for h in spacing):
        raise Invalid(f"voxel sizes must be above 0, not {voxel_size_m}")
    return spacing


def _check(
    labels: NDArray[np.unsignedinteger[Any]],
    axis: int,
    sides: str,
    tolerance: float,
) -> None:
    if labels.ndim != 3:
        raise Invalid(f"a structure has three axes (z, y, x), not shape {labels.shape}")
    if axis not in (0, 1, 2):
        raise Invalid(f"axis must be 0, 1 or 2, not {axis}")
    if labels.shape[axis] < 2:
        raise Invalid(
            f"axis {axis} has {labels.shape[axis]} voxel; transport needs at least 2 along it"
        )
    if sides not in ("no_flux", "periodic"):
        raise Invalid(f"sides must be no_flux or periodic, not {sides!r}")
    if not 1e-5 <= tolerance < 1:
        raise Invalid(f"tolerance must be from 1e-5 to below 1, not {tolerance}")
