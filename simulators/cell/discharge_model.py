"""The constant-power discharge model, discretised once per process and kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from simulators.cell.p2d_model import ModelKind, bare_model, discretise
from simulators.cell.p2d_parameters import design_parameters
from simulators.cell.pybamm_door import pybamm

SOFT_START_S: Final = 1.0
"""Time constant with which a soft start approaches the full power."""

LOSSES: Final[dict[str, tuple[str, float]]] = {
    "negative kinetic": ("X-averaged battery negative reaction overpotential [V]", 1.0),
    "positive kinetic": ("X-averaged battery positive reaction overpotential [V]", -1.0),
    "negative diffusion": ("Battery negative particle concentration overpotential [V]", 1.0),
    "positive diffusion": ("Battery positive particle concentration overpotential [V]", -1.0),
    "negative ohmic": ("X-averaged battery negative solid phase ohmic losses [V]", 1.0),
    "positive ohmic": ("X-averaged battery positive solid phase ohmic losses [V]", -1.0),
    "electrolyte ohmic": ("X-averaged battery electrolyte ohmic losses [V]", -1.0),
    "electrolyte diffusion": ("X-averaged battery concentration overpotential [V]", -1.0),
    "contact": ("Contact overpotential [V]", 1.0),
}
"""Our name → PyBaMM's variable, and the sign that makes a loss during discharge positive."""
LOWEST_CONCENTRATION: Final = "Minimum electrolyte concentration [mol.m-3]"
TEMPERATURE: Final = "Volume-averaged cell temperature [K]"
OUTPUTS: Final = ("Voltage [V]", "Discharge capacity [A.h]", LOWEST_CONCENTRATION, TEMPERATURE)


@dataclass
class DischargeModel:
    """A discretised model with the solvers that belong to it."""

    model: Any
    _solvers: dict[tuple[float, bool], Any] = field(default_factory=dict)

    def solve(
        self, inputs: dict[str, float], *, end_s: float, rtol: float, with_losses: bool
    ) -> Any:
        """Integrate to the cut-off or ``end_s``; raises ``pybamm.SolverError``."""
        kind = (rtol, with_losses)
        if kind not in self._solvers:
            losses = [name for name, _ in LOSSES.values()]
            self._solvers[kind] = pybamm.IDAKLUSolver(
                rtol=rtol,
                atol=rtol * 1e-2,
                on_extrapolation="ignore",
                output_variables=[*OUTPUTS, *(losses if with_losses else [])],
                options={"silence_sundials_errors": True},
            )
        return self._solvers[kind].solve(self.model, [0.0, end_s], inputs=inputs)


@lru_cache(maxsize=16)
def discharge_model(kind: ModelKind) -> DischargeModel:
    """Return the model of a kind, discretised; built at its first call in a process."""
    return build_discharge_model(kind)


def build_discharge_model(kind: ModelKind) -> DischargeModel:
    """Build afresh, sharing nothing; ``discharge_model`` is the cached door."""
    bare = bare_model(kind, {"operating mode": "power"})
    bare.variables[LOWEST_CONCENTRATION] = pybamm.min(
        bare.variables["Electrolyte concentration [mol.m-3]"]
    )
    for variable in bare.initial_conditions:
        if variable.name == "Current variable [A]":
            bare.initial_conditions[variable] = _starting_power() / 3.7
    values = design_parameters(kind)
    power = pybamm.InputParameter("power")
    missing = (power - _starting_power()) * pybamm.exp(-pybamm.t / SOFT_START_S)
    values.update({"Power function [W]": power - missing}, check_already_exists=False)
    kept = {*OUTPUTS, *(name for name, _ in LOSSES.values())}
    return DischargeModel(model=discretise(bare, values, kind.mesh, kept))


def _starting_power() -> Any:
    return pybamm.InputParameter("power") * (1.0 - pybamm.InputParameter("soft_start"))
