"""Choose where a problem is solved, and fall back to the CPU's kernels with one clear line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from experiments.errors import Transient
from simulators.properties.compiled import Floats
from simulators.properties.conduction.checkerboard import Layout
from simulators.properties.conduction.conjugate_gradients import Solution, solve
from simulators.properties.conduction.laying_out import dense_resistances, lay_out
from simulators.properties.conduction.road import Road

Device = Literal["cpu", "auto", "cuda", "torch"]
NO_CUDA: Final = "no CUDA device was found, so the CPU solved it"
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

    Raises ``Transient`` where the device's memory is too small and the CPU must not take over.
    """
    remark = ""
    if device != "cpu":
        place, remark = _torch_place(device)
        if place is not None:
            limits = (tolerance, max_iterations, negligible)
            solved = _solve_by_torch(place, road, layout, limits, return_field)
            if solved is not None:
                return solved
            if not falls_back:
                raise Transient("the device ran out of memory")
            remark = NO_MEMORY
    grid = lay_out(road, layout)
    solution = solve(grid, tolerance, max_iterations, negligible)
    potentials = grid.potentials(solution.potential) if return_field else None
    return Solved(solution, potentials, "cpu", remark)


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
) -> Solved | None:
    """Return None where the device's memory is too small."""
    import torch

    from simulators.properties.conduction.tensor_grid import lay_out_tensors

    try:
        with torch.inference_mode():
            grid = lay_out_tensors(dense_resistances(road, layout), layout, road, place)
            solution = solve(grid, *limits)
            potentials = grid.potentials(solution.potential) if return_field else None
    except torch.OutOfMemoryError:
        return None
    return Solved(solution, potentials, "cuda" if place == "cuda" else "torch", "")
