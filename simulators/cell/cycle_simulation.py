"""Whole cycles of one design: PyBaMM's simulation of an experiment, built and run."""

from __future__ import annotations

from typing import Any

from simulators.cell.p2d_inputs import DesignInputs
from simulators.cell.p2d_model import ModelKind, bare_model, mesh_points, submesh_types
from simulators.cell.pybamm_door import pybamm
from simulators.cell.solver import integrator, not_converged


def cycling_simulation(
    kind: ModelKind,
    design: DesignInputs,
    experiment: Any,
    values: Any,
    *,
    rtol: float,
    options: dict[str, Any] | None = None,
) -> Any:
    """Return PyBaMM's simulation of an experiment whose rates are of the design's capacity.

    ``values`` holds the design as inputs (``design_parameters``) and is added to.
    """
    bare = bare_model(kind, options or {})
    values.update(
        {
            "Nominal cell capacity [A.h]": design.capacity_Ah_per_m2,
            "Current function [A]": design.capacity_Ah_per_m2,
        },
        check_already_exists=False,
    )
    return pybamm.Simulation(
        bare,
        experiment=experiment,
        parameter_values=values,
        submesh_types=submesh_types(bare),
        var_pts=mesh_points(kind.mesh),
        solver=integrator(rtol),
    )


def run_cycles(
    simulation: Any, inputs: dict[str, float], what: str, *, after: Any | None = None
) -> Any:
    """Return the solution of an experiment, continued ``after`` another where one is given.

    Raises ``DesignFailed`` (solver_failed).
    """
    try:
        return simulation.solve(
            inputs=inputs, calc_esoh=False, showprogress=False, starting_solution=after
        )
    except pybamm.SolverError as error:
        raise not_converged(what, inputs, error) from error
