"""The constant-power discharge model, discretised once per process and kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import numpy as np

from simulators.cell.chemistry import Array, load_chemistry
from simulators.cell.p2d_model import ModelKind, bare_model, discretise
from simulators.cell.p2d_parameters import design_parameters
from simulators.cell.pybamm_door import pybamm
from simulators.cell.solver import integrator

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
PROFILES: Final = (
    "Electrolyte concentration [mol.m-3]",
    "Negative particle surface stoichiometry",
    "Positive particle surface stoichiometry",
)
"""Known at every depth; kept for models that have a depth."""
DOMAINS: Final = ("negative electrode", "separator", "positive electrode")
OUTPUTS: Final = ("Voltage [V]", "Discharge capacity [A.h]", LOWEST_CONCENTRATION, TEMPERATURE)


@dataclass
class DischargeModel:
    """A discretised model with the solvers that belong to it."""

    model: Any
    depths: dict[str, Array]
    """Domain → where its points lie, 0 to 1 from the negative's collector on."""
    separator_thickness_m: float
    has_depth: bool
    losses: dict[str, tuple[str, float]]
    """Those of ``LOSSES`` that the model has; a half-cell has none of the negative's."""
    _solvers: dict[tuple[float, bool, int], Any] = field(default_factory=dict)

    @property
    def details(self) -> tuple[str, ...]:
        """Return the names of what only a solution with details holds."""
        names = tuple(name for name, _ in self.losses.values())
        return names + (PROFILES if self.has_depth else ())

    def length_m(self, domain: str, inputs: dict[str, float]) -> float:
        """Return a domain's true thickness."""
        if domain == "separator":
            return self.separator_thickness_m
        return inputs[f"{domain.partition(' ')[0]} thickness"]

    def solve(
        self,
        inputs: dict[str, float] | list[dict[str, float]],
        *,
        end_s: float,
        rtol: float,
        with_details: bool,
        n_threads: int = 1,
    ) -> Any:
        """Integrate to the cut-off or ``end_s``; several inputs give a list.

        Raises ``pybamm.SolverError``, for all inputs where one fails.
        """
        kind = (rtol, with_details, n_threads)
        if kind not in self._solvers:
            outputs = (*OUTPUTS, *(self.details if with_details else ()))
            self._solvers[kind] = integrator(rtol, outputs=outputs, n_threads=n_threads)
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
    kept = {*OUTPUTS, *PROFILES, *(name for name, _ in LOSSES.values())}
    losses = {name: loss for name, loss in LOSSES.items() if loss[0] in bare.variables}
    mesh = discretise(bare, values, kind.mesh, kept)
    has_depth = kind.model == "DFN"
    return DischargeModel(
        model=bare,
        depths={domain: _shares(mesh[domain]) for domain in DOMAINS if has_depth},
        separator_thickness_m=load_chemistry(kind.parameter_set).separator_thickness_m,
        has_depth=has_depth,
        losses=losses,
    )


def _starting_power() -> Any:
    return pybamm.InputParameter("power") * (1.0 - pybamm.InputParameter("soft_start"))


def _shares(submesh: Any) -> Array:
    edges, nodes = np.asarray(submesh.edges), np.asarray(submesh.nodes)
    return np.asarray((nodes - edges[0]) / (edges[-1] - edges[0]), dtype=np.float64)
