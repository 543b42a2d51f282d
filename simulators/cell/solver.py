"""The integrator with our tolerances, and what is said where it gives up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from experiments.errors import DesignFailed
from experiments.observation import FailureKind
from simulators.cell.pybamm_door import pybamm

LONGEST_MESSAGE: Final = 300


def integrator(rtol: float, *, outputs: Sequence[str] | None = None, n_threads: int = 1) -> Any:
    """Return IDAKLU with an absolute tolerance a hundredth of the relative one.

    ``outputs`` are computed within the integrator, instead of the whole state being kept.
    """
    return pybamm.IDAKLUSolver(
        rtol=rtol,
        atol=rtol * 1e-2,
        on_extrapolation="ignore",
        output_variables=None if outputs is None else list(outputs),
        options={"silence_sundials_errors": True, "num_threads": n_threads},
    )


def first_line(error: Exception) -> str:
    """Return what an error says first, cut to a readable length."""
    said = str(error).splitlines() or [type(error).__name__]
    return said[0][:LONGEST_MESSAGE]


def not_converged(what: str, inputs: dict[str, float], error: Exception) -> DesignFailed:
    """Return the failure of a protocol that was not solved, with what it was given."""
    return DesignFailed(
        f"{what} did not converge: {first_line(error)}",
        kind=FailureKind.solver_failed,
        inputs=inputs,
    )
