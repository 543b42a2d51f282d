"""Measure the effective conductivity of a voxel structure, with a certified interval."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Literal, get_args

import numpy as np

from experiments.errors import InternalError, Invalid
from simulators.properties.compiled import Floats, Reals
from simulators.properties.conduction import (
    Conductivity,
    ConductivityTable,
    Device,
    Memory,
    dense_potential,
    estimate_energy,
    lay_out,
    pose,
    read_conductivity,
    solve_on,
)
from simulators.properties.slabs import available_cores

Sides = Literal["no_flux", "periodic"]
BOUND_METHOD: Final = "energy of the potential above, of an equilibrated flux below"
NO_PATH: Final = "no path joins the ends"
LEAST_TOLERANCE: Final = 1e-5
"""Single precision gives no more."""
MAX_ITERATIONS: Final = 2000
"""One random structure in ninety takes more than 500 at a contrast of 1e4 (docs/benchmarks.md)."""
LONGEST: Final = 32_000
"""Runs of voxels are kept as 16-bit numbers."""
MOST_STRETCHED: Final = 20.0
"""Longest over shortest edge of a voxel. Up to it all of 90 random structures of contrast 1e2, and
crops of a tomogram up to 1e4, reached their tolerance; at 50 some did not (docs/benchmarks.md)."""
WIENER_SLACK: Final = 1e-5
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
    """Whether the interval is narrower than the tolerance, or negligible."""
    bound_method: str
    profile: Reals = field(repr=False)
    """Effective conductivity of every layer along the axis; its harmonic mean is ``relative``."""
    tortuosity_profile: Reals = field(repr=False)
    """Σφᵢσᵢ of every layer over its effective conductivity; infinite where nothing percolates."""
    device: str = "cpu"
    """Where it was solved: cpu, cuda, or torch on the CPU."""
    remark: str = ""
    """Why it was not solved where, or as precisely as, it was asked for at first."""
    potential: Floats | None = field(default=None, repr=False)
    """`z y x`; 1 at the front end face, 0 at the back; NaN where nothing flows."""


def solve_conduction(
    conductivity: Conductivity,
    *,
    axis: int = 0,
    voxel_size_m: float | tuple[float, float, float] = 1.0,
    sides: Sides = "no_flux",
    tolerance: float = 1e-3,
    negligible: float = 0.0,
    max_iterations: int = MAX_ITERATIONS,
    n_threads: int | None = None,
    return_field: bool = False,
    device: Device = "cpu",
    falls_back: bool = True,
    memory: Memory | None = None,
) -> Conduction:
    """Solve steady conduction between the two end faces of ``axis``.

    ``conductivity`` is ``(labels, {label: conductivity})`` (uint8 labels `z x y x x`, the lean way)
    or an array of conductivities. The end faces are half a voxel from the end voxels' centres; the
    sides let nothing through or are periodic. ``tolerance`` is the width asked of the certified
    interval, (upper - lower) / upper; an interval no wider than ``negligible``, in the units of the
    conductivities, is narrow enough whatever the tolerance. ``device`` is ``cpu`` (compiled
    kernels), ``cuda``, ``auto`` (CUDA where there is one) or ``torch`` (the CUDA path's code on the
    CPU). Raises ``Invalid`` for what cannot be meant. Where a device's memory is too small the CPU
    takes over and ``remark`` says so, or, unless ``falls_back``, ``Transient`` is raised. Callers
    that solve one after another save time by lending the same ``memory``.
    """
    turned, turned_m, order = _turned(conductivity, axis, voxel_size_m, sides, tolerance)
    if device not in get_args(Device):
        raise Invalid(f"device must be one of {', '.join(get_args(Device))}, not {device!r}")
    threads = n_threads or available_cores()
    limits = _Limits(tolerance, negligible, max_iterations, falls_back)
    memory = memory or Memory()
    memory.clear()
    result = _solve(turned, turned_m, sides, limits, threads, memory, return_field, device)
    if result.potential is None:
        return result
    back = result.potential.transpose(np.argsort(order))
    return replace(result, potential=np.ascontiguousarray(back))


def estimate_conductivity(
    conductivity: Conductivity,
    *,
    axis: int = 0,
    voxel_size_m: float | tuple[float, float, float] = 1.0,
    sides: Sides = "no_flux",
    tolerance: float = 1e-3,
    negligible: float = 0.0,
    n_threads: int | None = None,
) -> float | None:
    """Return the effective conductivity alone, without a certified interval and in less time.

    For comparisons between structures, never as a result: ``tolerance`` bounds what the last
    iterations changed, not the error, which grows with the contrast. None where the solution does
    not settle. Arguments and errors are those of ``solve_conduction``.
    """
    turned, turned_m, _ = _turned(conductivity, axis, voxel_size_m, sides, tolerance)
    threads = n_threads or available_cores()
    problem = pose(turned, turned_m, is_periodic=sides == "periodic", n_threads=threads)
    if problem.way is None:
        return 0.0
    unit = problem.unit
    energy = estimate_energy(lay_out(*problem.way), tolerance, MAX_ITERATIONS, negligible / unit)
    return None if energy is None else _checked(energy * unit, float(problem.layer_mean.mean()))


def _turned(
    conductivity: Conductivity,
    axis: int,
    voxel_size_m: float | tuple[float, float, float],
    sides: Sides,
    tolerance: float,
) -> tuple[ConductivityTable, Reals, tuple[int, ...]]:
    """Return the structure and its voxel size with ``axis`` first, and the order of axes."""
    table = read_conductivity(conductivity)
    if np.size(voxel_size_m) not in {1, 3}:
        raise Invalid(f"expected one voxel size or three, not {voxel_size_m}")
    spacing_m = np.broadcast_to(np.asarray(voxel_size_m, np.float64), 3)
    _check(table.labels.shape, axis, spacing_m, sides, tolerance)
    order = (axis, *(a for a in range(3) if a != axis))
    turned = replace(table, labels=np.ascontiguousarray(table.labels.transpose(order)))
    return turned, spacing_m[list(order)], order


@dataclass(frozen=True)
class _Limits:
    """When to stop, and whether the CPU takes over from a device without memory."""

    tolerance: float
    negligible: float
    max_iterations: int
    falls_back: bool


def _solve(
    table: ConductivityTable,
    spacing_m: Reals,
    sides: Sides,
    limits: _Limits,
    n_threads: int,
    memory: Memory,
    return_field: bool,
    device: Device,
) -> Conduction:
    shape = table.labels.shape
    problem = pose(
        table, spacing_m, is_periodic=sides == "periodic", n_threads=n_threads, memory=memory
    )
    layer_mean, unit = problem.layer_mean, problem.unit
    if problem.way is None:
        nothing, never = np.zeros(shape[0]), np.full(shape[0], np.inf)
        return Conduction(0.0, 0.0, 0.0, None, 0.0, 0, 0.0, True, NO_PATH, nothing, never)
    wiener = float(layer_mean.mean())
    road, layout = problem.way
    asked = max(limits.tolerance - 2 * table.rounding, LEAST_TOLERANCE)
    solved = solve_on(
        device,
        road,
        layout,
        asked,
        limits.max_iterations,
        negligible=limits.negligible / unit,
        return_field=return_field,
        falls_back=limits.falls_back,
    )
    solution = solved.solution
    relative = _checked(solution.energy * unit, wiener)
    profile = unit * solution.energy**2 / (layout.nz * solution.layer_power)
    return Conduction(
        relative=relative,
        lower=solution.lower * unit * (1 - table.rounding),
        upper=solution.upper * unit * (1 + table.rounding),
        tortuosity_factor=wiener / relative,
        percolating_fraction=problem.percolating_fraction,
        iterations=solution.iterations,
        residual=solution.residual,
        is_converged=solution.is_converged,
        bound_method=BOUND_METHOD,
        profile=profile,
        tortuosity_profile=layer_mean / profile,
        device=solved.device,
        remark=solved.remark,
        potential=dense_potential(layout, *solved.potentials, shape, n_threads)
        if solved.potentials
        else None,
    )


def _checked(relative: float, wiener: float) -> float:
    """Stop what cannot be: a conductivity that is negative or above the Wiener mean."""
    if not 0 <= relative <= wiener * (1 + WIENER_SLACK):
        raise InternalError(
            f"the conduction solver gave {relative:.6g}, outside 0 to the Wiener mean "
            f"{wiener:.6g}: a defect of simulators.properties.transport, not of the input",
            relative=relative,
            wiener=wiener,
        )
    return min(relative, wiener)


def _check(
    shape: tuple[int, ...],
    axis: int,
    spacing_m: Reals,
    sides: str,
    tolerance: float,
) -> None:
    if axis not in (0, 1, 2):
        raise Invalid(f"axis must be 0, 1 or 2, not {axis}")
    if max(shape) > LONGEST:
        raise Invalid(f"an axis of the shape {shape} is longer than {LONGEST} voxels")
    if shape[axis] < 2:
        raise Invalid(
            f"axis {axis} of the shape {shape} has one voxel; transport needs at least 2 along it"
        )
    if not (np.isfinite(spacing_m).all() and (spacing_m > 0).all()):
        raise Invalid(f"voxel sizes must be finite and above 0, not {spacing_m.tolist()}")
    if spacing_m.max() > MOST_STRETCHED * spacing_m.min():
        stretched = spacing_m.max() / spacing_m.min()
        raise Invalid(
            f"a voxel's longest edge is {stretched:.3g} times its shortest; transport is solved up "
            f"to {MOST_STRETCHED:g} times: resample the image"
        )
    if sides not in ("no_flux", "periodic"):
        raise Invalid(f"sides must be no_flux or periodic, not {sides!r}")
    if not LEAST_TOLERANCE <= tolerance < 1:
        raise Invalid(f"tolerance must be from {LEAST_TOLERANCE:g} to below 1, not {tolerance:g}")
