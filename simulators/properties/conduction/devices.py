"""Choose where a problem is solved, and fall back to the CPU's kernels with one clear line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np

from experiments.errors import Transient
from simulators.properties.compiled import Floats
from simulators.properties.conduction.checkerboard import Layout
from simulators.properties.conduction.conjugate_gradients import N_AFTER, Solution, solve
from simulators.properties.conduction.laying_out import dense_resistances, lay_out
from simulators.properties.conduction.road import Road

Device = Literal["cpu", "auto", "cuda", "torch"]
NO_CUDA: Final = "no CUDA device was found, so the CPU solved it"
IN_DOUBLE: Final = "single precision could not tell, so it was solved again in double precision"
MOST_IN_DOUBLE: Final = 2**20
"""Voxels that are solved again in double precision: about 100³, which takes a minute or two."""
ITERATIONS_IN_DOUBLE: Final = 600
"""So many at most, since each takes as long as ten in single precision. Random structures of
contrast 1e4 and 1e6 that single precision could not tell took 62 to 574."""
NO_MEMORY: Final = "the CUDA device ran out of memory, so the CPU solved it"


@dataclass(frozen=True)
class Solved:
    """A solution, the potentials of both colours where they were asked for, and where it ran."""

    solution: Solution[Any]
    potentials: tuple[Floats, Floats] | None
    device: str
    remark: str


def solve_on(
    device: Device,
    road: Road,
    layout: Layout,
    tolerance: float,
    max_iterations: int,
    *,
    negligible: float = 0.0,
    return_field: bool,
    falls_back: bool = True,
) -> Solved:
    """Solve on a device; torch is imported only where it may be used.

    Where the interval stays too wide in single precision, because poor conductors hold good ones
    together, a small problem is solved again in double precision, on the CPU by torch. Raises
    ``Transient`` where the device's memory is too small and the CPU must not take over.
    """
    remark = ""
    limits = (tolerance, max_iterations, negligible)
    if device != "cpu":
        place, remark = _torch_place(device)
        if place is not None:
            solved = _solve_by_torch(place, road, layout, limits, return_field)
            if solved is not None:
                return _told_apart(solved, road, layout, limits, return_field)
            if not falls_back:
                raise Transient("the device ran out of memory")
            remark = NO_MEMORY
    grid = lay_out(road, layout)
    solution = solve(grid, *limits, n_after=N_AFTER if return_field else 0)
    potentials = grid.potentials(solution.potential) if return_field else None
    solved = Solved(solution, potentials, "cpu", remark)
    return _told_apart(solved, road, layout, limits, return_field)


def _told_apart(
    solved: Solved,
    road: Road,
    layout: Layout,
    limits: tuple[float, int, float],
    return_field: bool,
) -> Solved:
    """Return the solution, or a better one in double precision where it stopped short."""
    if solved.solution.is_converged or road.labels.size > MOST_IN_DOUBLE:
        return solved
    tolerance, n, negligible = limits
    fewer = (tolerance, min(n, ITERATIONS_IN_DOUBLE), negligible)
    again = _solve_by_torch("cpu", road, layout, fewer, return_field, np.float64)
    if again is None or again.solution.lower <= solved.solution.lower:
        return solved
    return replace(again, device=solved.device, remark=solved.remark or IN_DOUBLE)


def _torch_place(device: Device) -> tuple[str | None, str]:
    """Return torch's name of the device, or None and why the CPU's kernels take over."""
    import torch

    if device == "torch":
        return "cpu", ""
    if torch.cuda.is_available():
        return "cuda", ""
    return None, NO_CUDA if device == "cuda" else ""


def _solve_by_torch(
    place: str,
    road: Road,
    layout: Layout,
    limits: tuple[float, int, float],
    return_field: bool,
    precision: type[np.floating[Any]] = np.float32,
) -> Solved | None:
    """Return None where the device's memory is too small."""
    import torch

    from simulators.properties.conduction.tensor_grid import lay_out_tensors

    try:
        with torch.inference_mode():
            rho = dense_resistances(road, layout).astype(precision)
            grid = lay_out_tensors(rho, layout, road, place)
            solution = solve(grid, *limits, n_after=N_AFTER if return_field else 0)
            potentials = grid.potentials(solution.potential) if return_field else None
    except torch.OutOfMemoryError:
        return None
    return Solved(solution, potentials, "cuda" if place == "cuda" else "torch", "")
