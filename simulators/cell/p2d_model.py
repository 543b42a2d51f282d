"""The P2D models: which kind a design needs, its equations, its mesh."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from experiments.errors import Invalid
from experiments.fidelity import FINE_MESH_POINTS
from simulators.cell.pybamm_door import pybamm

X_STRETCH: Final = 2.0
R_STRETCH: Final = 1.5
"""Largest cell over smallest = e^stretch: in x finest at the separator, where a depleted electrode
reacts; in r at the surface. Measured optimum over random designs (docs/cell_accuracy.md)."""


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


@dataclass(frozen=True)
class ModelKind:
    """What a model is built for; designs of one kind share one discretised model."""

    parameter_set: str = "Chen2020"
    model: str = "DFN"
    mesh: MeshSize = field(default_factory=lambda: MeshSize.of(FINE_MESH_POINTS))
    is_thermal: bool = False
    """Lumped temperature of the whole cell instead of a constant one."""
    electrolyte_set: str | None = None
    """Parameter set whose electrolyte is taken instead (``electrolyte.CORRELATIONS``)."""
    knots: int = 1
    """Values per property through each electrode, linear between them; 1 is an even electrode."""

    @property
    def is_half_cell(self) -> bool:
        """Say whether the positive faces lithium instead of the negative."""
        return self.model == "half-cell"


class RescaledElectrolyteCurrent(pybamm.electrolyte_conductivity.Full):  # type: ignore[misc]
    """Electrolyte current that stays the same on a rescaled mesh.

    The same equation, factored: the transport efficiency, which jumps at the separator and holds
    the rescaling, stands at each gradient and so has PyBaMM's harmonic edge mean; the conductivity
    of the electrolyte, which is continuous, has an arithmetic one. A harmonic mean of that too
    would shut off a depleted front a cell too early (docs/cell_accuracy.md).
    """

    def get_coupled_variables(self, variables: dict[str, Any]) -> dict[str, Any]:
        """Add the electrolyte current density and its overpotentials."""
        T = variables["Cell temperature [K]"]
        c_e = variables["Electrolyte concentration [mol.m-3]"]
        kappa = self.param.kappa_e(c_e, T)
        efficiency = variables["Electrolyte transport efficiency"]
        i_e = (kappa * self.param.chiRT_over_Fc(c_e, T)) * (
            efficiency * pybamm.grad(c_e)
        ) - kappa * (efficiency * pybamm.grad(variables["Electrolyte potential [V]"]))
        variables.update(self._get_standard_current_variables(i_e))
        variables.update(self._get_electrolyte_overpotentials(variables))
        return variables


def bare_model(kind: ModelKind, options: dict[str, Any]) -> Any:
    """Return the undiscretised PyBaMM model of a kind. Raises ``Invalid`` for unknown names."""
    options = {
        "transport efficiency": "tortuosity factor",
        "contact resistance": "true",
        **({"thermal": "lumped", "use lumped thermal capacity": "true"} if kind.is_thermal else {}),
        **options,
    }
    models: dict[str, Callable[..., Any]] = {
        "DFN": pybamm.lithium_ion.DFN,
        "half-cell": pybamm.lithium_ion.DFN,
        "SPMe": pybamm.lithium_ion.SPMe,
        "SPM": pybamm.lithium_ion.SPM,
    }
    if kind.model not in models:
        raise Invalid(f"model: {kind.model!r} is not known; allowed: {sorted(models)}")
    if kind.knots > 1 and kind.model != "DFN":
        raise Invalid(f"model: {kind.model} has no depth; a graded electrode needs 'DFN'")
    if kind.is_half_cell:
        options["working electrode"] = "positive"
    if kind.model in ("SPM", "SPMe") or "surface form" in options:
        return models[kind.model](options)
    bare = pybamm.lithium_ion.DFN(options, build=False)
    bare.submodels["electrolyte conductivity"] = RescaledElectrolyteCurrent(
        bare.param, bare.options
    )
    if kind.knots > 1:
        _let_tortuosity_vary(bare)
    bare.build_model()
    return bare


def through_position(side: str) -> Any:
    """Return PyBaMM's position through one electrode."""
    return pybamm.SpatialVariable(
        f"x_{side[0].lower()}",
        domain=[f"{side.lower()} electrode"],
        auxiliary_domains={"secondary": "current collector"},
        coord_sys="cartesian",
    )


def _let_tortuosity_vary(bare: Any) -> None:
    """Make both tortuosity factors functions of position; PyBaMM takes them as constants."""
    for side, domain in (("Negative", bare.param.n), ("Positive", bare.param.p)):
        position = {"Through-cell distance (x) [m]": through_position(side)}
        for name, carrier in (("tau_e", "electrolyte"), ("tau_s", "electrode")):
            factor = f"{side} electrode tortuosity factor ({carrier})"
            setattr(domain, name, pybamm.FunctionParameter(factor, position))


def submesh_types(bare: Any) -> dict[str, Any]:
    """Return meshes that are finer at the separator and at the surface of particles."""
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
    return kinds


def mesh_points(mesh: MeshSize) -> dict[str, int]:
    """Return the number of points by PyBaMM's names."""
    separator = max(mesh.x // 2, 3)
    return {"x_n": mesh.x, "x_s": separator, "x_p": mesh.x, "r_n": mesh.r, "r_p": mesh.r}


def discretise(bare: Any, values: Any, mesh: MeshSize, kept: set[str]) -> Any:
    """Process and discretise a model in place, keeping only some variables; return its mesh."""
    geometry = bare.default_geometry
    values.process_model(bare)
    values.process_geometry(geometry)
    bare.variables = {
        name: value
        for name, value in bare.variables.items()
        if name in kept or name == "Current variable [A]"
    }
    submeshes = pybamm.Mesh(geometry, submesh_types(bare), mesh_points(mesh))
    pybamm.Discretisation(submeshes, bare.default_spatial_methods).process_model(bare)
    return submeshes
