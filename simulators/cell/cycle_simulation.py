"""Whole cycles: PyBaMM's simulation of an experiment, built once per process and kind.

The capacity that rates are multiples of is an input like the rest of the design, so that a further
design costs its integration alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from simulators.cell.discharge import Conditions
from simulators.cell.p2d_inputs import DesignInputs
from simulators.cell.p2d_model import ModelKind, bare_model, mesh_points, submesh_types
from simulators.cell.p2d_parameters import design_parameters
from simulators.cell.pybamm_door import pybamm
from simulators.cell.solver import integrator, not_converged

Options = tuple[tuple[str, str], ...]
"""PyBaMM's options beyond those of every model, by name."""


@lru_cache(maxsize=8)
def cycle_simulation(
    kind: ModelKind,
    cycles: tuple[tuple[str, ...], ...],
    rtol: float,
    options: Options = (),
    change: Callable[[Any], None] | None = None,
) -> Any:
    """Return PyBaMM's simulation of cycles, each a tuple of its instructions.

    ``change`` is called with the parameter values that hold the design as inputs.
    """
    bare = bare_model(kind, dict(options))
    values = design_parameters(kind)
    if change is not None:
        change(values)
    capacity = pybamm.InputParameter("capacity")
    values.update(
        {"Nominal cell capacity [A.h]": capacity, "Current function [A]": capacity},
        check_already_exists=False,
    )
    return pybamm.Simulation(
        bare,
        experiment=pybamm.Experiment(list(cycles)),
        parameter_values=values,
        submesh_types=submesh_types(bare),
        var_pts=mesh_points(kind.mesh),
        solver=integrator(rtol),
    )


def cycle_inputs(design: DesignInputs, conditions: Conditions) -> dict[str, float]:
    """Return what ``cycle_simulation`` needs of a design that starts as it is."""
    return {
        **conditions.named(),
        **design.named(),
        "capacity": design.capacity_Ah_per_m2,
    }


def run_cycles(
    simulation: Any, inputs: dict[str, float], what: str, *, after: Any | None = None
) -> Any:
    """Return the solution of a simulation, continued ``after`` another where one is given.

    Raises ``DesignFailed`` (solver_failed).
    """
    try:
        return simulation.solve(
            inputs=inputs, calc_esoh=False, showprogress=False, starting_solution=after
        )
    except pybamm.SolverError as error:
        raise not_converged(what, inputs, error) from error
