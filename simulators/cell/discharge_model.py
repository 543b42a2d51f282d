"""The P2D discharge model, discretised once per process and reused with the design as inputs.

Thickness and particle radius would change the mesh, so the model lives on fixed reference lengths
and the equations are rescaled exactly (s = L/L_ref, q = R/R_ref):

    porosity → s·ε     active fraction → s·ε_s     pore transport B → B/s     σ → σ/s
    solid diffusivity → D/q²     exchange current → j0·f/q  (f: see ``p2d_inputs``)

The substitution x = s·x' leaves every flux and every volumetric source times s, which is the same
system. It stays exact after discretisation because every edge value is a harmonic mean
(Recktenwald 2012), for which PyBaMM's electrolyte current is rewritten below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from experiments.errors import Invalid
from simulators.cell.chemistry import load_chemistry
from simulators.cell.parameter_source import parameter_values
from simulators.cell.pybamm_door import pybamm

REFERENCE_THICKNESS_M: Final = 1e-3
"""Above every thickness a recipe may have, so that s·ε stays below 1."""
SOFT_START_S: Final = 1.0
X_STRETCH: Final = 1.0
R_STRETCH: Final = 1.5
"""Largest cell over smallest = e^stretch: in x finest at the separator, where a depleted electrode
reacts; in r at the surface. Measured optimum over random designs (docs/cell_accuracy.md)."""

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
OPEN_CIRCUIT: Final = "Battery open-circuit voltage [V]"
OUTPUTS: Final = (
    "Voltage [V]",
    "Discharge capacity [A.h]",
    "Minimum electrolyte concentration [mol.m-3]",
)


class HarmonicElectrolyteCurrent(pybamm.electrolyte_conductivity.Full):  # type: ignore[misc]
    """Electrolyte current with harmonic edge means, where PyBaMM takes arithmetic ones.

    The same equation, each gradient with its own coefficient. At the separator's edges an
    arithmetic mean weighs by the mesh's lengths, which a rescaled mesh would get wrong.
    """

    def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Add the electrolyte current density and its overpotentials."""
        T = variables["Cell temperature [K]"]
        c_e = variables["Electrolyte concentration [mol.m-3]"]
        kappa = self.param.kappa_e(c_e, T) * variables["Electrolyte transport efficiency"]
        i_e = (kappa * self.param.chiRT_over_Fc(c_e, T)) * pybamm.grad(c_e) - kappa * pybamm.grad(
            variables["Electrolyte potential [V]"]
        )
        variables.update(self._get_standard_current_variables(i_e))
        variables.update(self._get_electrolyte_overpotentials(variables))
        return variables


@dataclass(frozen=True)
class MeshSize:
    """Number of points through each electrode and in each particle.

    The separator, where profiles are nearly straight, has half of ``x``.
    """

    x: int
    r: int

    @classmethod
    def of(cls, mesh_points: int) -> MeshSize:
        """Return the mesh a fidelity's ``mesh_points`` stand for: half as many in particles.

        Particles are meshed finer at their surface, where that gives the accuracy of twice as many
        even points (measured: docs/cell_accuracy.md).
        """
        return cls(x=mesh_points, r=max(mesh_points // 2, 5))


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
            losses = [OPEN_CIRCUIT, *(name for name, _ in LOSSES.values())]
            self._solvers[kind] = pybamm.IDAKLUSolver(
                rtol=rtol,
                atol=rtol * 1e-2,
                on_extrapolation="ignore",
                output_variables=[*OUTPUTS, *(losses if with_losses else [])],
                options={"silence_sundials_errors": True},
            )
        return self._solvers[kind].solve(self.model, [0.0, end_s], inputs=inputs)


@lru_cache(maxsize=16)
def discharge_model(parameter_set: str, model: str, mesh: MeshSize) -> DischargeModel:
    """Return the model of a name, discretised; built at the first call of a process.

    Raises ``Invalid`` for an unknown model.
    """
    return build_discharge_model(parameter_set, model, mesh)


def build_discharge_model(parameter_set: str, model: str, mesh: MeshSize) -> DischargeModel:
    """Build afresh, sharing nothing; ``discharge_model`` is the cached door."""
    bare = _bare_model(model)
    _add_minimum_concentration(bare)
    for current in bare.initial_conditions:
        if current.name == "Current variable [A]":
            bare.initial_conditions[current] = _starting_power() / 3.7
    values = _parameter_values(parameter_set)
    geometry = bare.default_geometry
    values.process_model(bare)
    values.process_geometry(geometry)
    kept = {*OUTPUTS, OPEN_CIRCUIT, *(name for name, _ in LOSSES.values())}
    bare.variables = {
        name: value
        for name, value in bare.variables.items()
        if name in kept or name == "Current variable [A]"
    }
    submeshes = _meshed(bare, geometry, mesh)
    pybamm.Discretisation(submeshes, bare.default_spatial_methods).process_model(bare)
    return DischargeModel(model=bare)


def _meshed(bare: Any, geometry: Any, mesh: MeshSize) -> Any:
    """Return meshes that are finer at the separator and at the surface of particles."""
    points = {
        "x_n": mesh.x,
        "x_s": max(mesh.x // 2, 3),
        "x_p": mesh.x,
        "r_n": mesh.r,
        "r_p": mesh.r,
    }
    finer = {
        "negative electrode": ("right", X_STRETCH),
        "positive electrode": ("left", X_STRETCH),
        "negative particle": ("right", R_STRETCH),
        "positive particle": ("right", R_STRETCH),
    }
    kinds = dict(bare.default_submesh_types)
    for domain, (side, stretch) in finer.items():
        kinds[domain] = pybamm.MeshGenerator(
            pybamm.Exponential1DSubMesh, {"side": side, "stretch": stretch}
        )
    return pybamm.Mesh(geometry, kinds, points)


def _bare_model(model: str) -> Any:
    options = {
        "transport efficiency": "tortuosity factor",
        "operating mode": "power",
        "contact resistance": "true",
    }
    kinds: dict[str, Callable[..., Any]] = {
        "DFN": pybamm.lithium_ion.DFN,
        "SPMe": pybamm.lithium_ion.SPMe,
        "SPM": pybamm.lithium_ion.SPM,
    }
    if model not in kinds:
        raise Invalid(f"model: {model!r} is not known; allowed: {sorted(kinds)}")
    if model != "DFN":
        return kinds[model](options)
    bare = kinds[model](options, build=False)
    bare.submodels["electrolyte conductivity"] = HarmonicElectrolyteCurrent(
        bare.param, bare.options
    )
    bare.build_model()
    return bare


def _add_minimum_concentration(bare: Any) -> None:
    bare.variables["Minimum electrolyte concentration [mol.m-3]"] = pybamm.min(
        bare.variables["Electrolyte concentration [mol.m-3]"]
    )


def _parameter_values(parameter_set: str) -> Any:
    """Return the set's values with the design replaced by inputs, for one square metre."""
    chemistry = load_chemistry(parameter_set)
    values = parameter_values(parameter_set)
    power = pybamm.InputParameter("power")
    temperature = pybamm.InputParameter("temperature")
    replaced: dict[str, Any] = {
        "Electrode height [m]": 1.0,
        "Electrode width [m]": 1.0,
        "Number of electrodes connected in parallel to make a cell": 1.0,
        "Nominal cell capacity [A.h]": 50.0,
        "Power function [W]": power
        - (power - _starting_power()) * pybamm.exp(-pybamm.t / SOFT_START_S),
        "Contact resistance [Ohm]": pybamm.InputParameter("resistance"),
        "Ambient temperature [K]": temperature,
        "Initial temperature [K]": temperature,
        "Separator tortuosity factor (electrolyte)": chemistry.separator_porosity
        / chemistry.separator_transport,
    }
    for side in ("Negative", "Positive"):
        replaced.update(_electrode_values(values, side))
    values.update(replaced, check_already_exists=False)
    return values


def _starting_power() -> Any:
    return pybamm.InputParameter("power") * (1.0 - pybamm.InputParameter("soft_start"))


def _electrode_values(values: Any, side: str) -> dict[str, Any]:
    def given(name: str) -> Any:
        return pybamm.InputParameter(f"{side.lower()} {name}")

    stretch = given("thickness") / REFERENCE_THICKNESS_M
    porosity = stretch * given("porosity")
    growth = given("radius") / float(values[f"{side} particle radius [m]"])
    return {
        f"{side} electrode thickness [m]": REFERENCE_THICKNESS_M,
        f"{side} electrode porosity": porosity,
        f"{side} electrode active material volume fraction": stretch * given("active"),
        f"{side} electrode tortuosity factor (electrolyte)": stretch
        * porosity
        / given("transport"),
        f"{side} electrode tortuosity factor (electrode)": stretch * (1.0 - porosity),
        f"{side} electrode conductivity [S.m-1]": given("conductivity"),
        f"{side} particle diffusivity [m2.s-1]": _scaled(
            values[f"{side} particle diffusivity [m2.s-1]"], 1.0 / growth**2
        ),
        f"{side} electrode exchange-current density [A.m-2]": _scaled(
            values[f"{side} electrode exchange-current density [A.m-2]"], given("area") / growth
        ),
        f"Initial concentration in {side.lower()} electrode [mol.m-3]": given("concentration"),
    }


def _scaled(value: Any, factor: Any) -> Any:
    """Return a parameter, number or function, times a factor."""
    if not callable(value):
        return value * factor

    def scaled(*arguments: Any) -> Any:
        return factor * value(*arguments)

    return scaled
