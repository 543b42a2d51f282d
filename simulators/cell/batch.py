"""Many constant-power discharges at once, through the integrator's own threads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from experiments.errors import DesignFailed
from simulators.cell.discharge import (
    FIRST_INSTANT_S,
    Conditions,
    Discharge,
    NamedCase,
    named_case,
    read_discharge,
    solve_named,
)
from simulators.cell.discharge_model import discharge_model
from simulators.cell.p2d_inputs import DesignInputs
from simulators.cell.p2d_model import ModelKind
from simulators.cell.pybamm_door import pybamm


def discharge_many(
    cells: Sequence[tuple[DesignInputs, Conditions]], *, n_threads: int
) -> list[Discharge | DesignFailed]:
    """Return one result per cell, in order: a discharge, or why there is none.

    Cells that share a model and a tolerance are integrated together. Where one of them fails, or
    ends within its first instant, it is solved alone as ``discharge`` does, the others are kept.
    """
    cases = [named_case(design, conditions) for design, conditions in cells]
    groups: dict[tuple[ModelKind, float], list[int]] = defaultdict(list)
    for index, case in enumerate(cases):
        groups[case.kind, case.rtol].append(index)
    found: dict[int, Discharge | DesignFailed] = {}
    for indices in groups.values():
        together = _together([cases[index] for index in indices], n_threads)
        for index, result in zip(indices, together, strict=True):
            found[index] = _alone(cases[index]) if result is None else result
    return [found[index] for index in range(len(cases))]


def _together(cases: list[NamedCase], n_threads: int) -> list[Discharge | None]:
    """Integrate a group, by halves where it fails as a whole; None for what must go alone."""
    first = cases[0]
    try:
        solved = discharge_model(first.kind).solve(
            [case.inputs for case in cases],
            end_s=max(case.end_s for case in cases),
            rtol=first.rtol,
            with_details=False,
            n_threads=n_threads,
        )
    except pybamm.SolverError:
        if len(cases) == 1:
            return [None]
        middle = len(cases) // 2
        return _together(cases[:middle], n_threads) + _together(cases[middle:], n_threads)
    results: list[Discharge | None] = []
    for case, solution in zip(cases, solved, strict=True):
        try:
            result = read_discharge(solution, case.inputs, None, None)
        except ArithmeticError:
            results.append(None)
            continue
        results.append(result if result.duration_s >= FIRST_INSTANT_S else None)
    return results


def _alone(case: NamedCase) -> Discharge | DesignFailed:
    try:
        return solve_named(case)
    except DesignFailed as failed:
        return failed
