"""One constant-power discharge of one design: solved, or its failure classified."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np

from experiments.errors import DesignFailed
from experiments.fidelity import FINE_MESH_POINTS
from experiments.observation import FailureKind
from experiments.performance import DepthProfiles, DischargeCurve
from experiments.recipe import ElectrolyteRecipe
from simulators.cell.chemistry import Array, load_chemistry
from simulators.cell.discharge_model import (
    OUTPUTS,
    SOFT_START_S,
    DischargeModel,
    build_discharge_model,
    discharge_model,
)
from simulators.cell.electrolyte import electrolyte_set
from simulators.cell.p2d_inputs import DesignInputs
from simulators.cell.p2d_model import MeshSize, ModelKind
from simulators.cell.profiles import read_profiles
from simulators.cell.pybamm_door import pybamm
from simulators.cell.solver import first_line

FIRST_INSTANT_S: Final = 1.0
"""A discharge that ends sooner counts as a power the cell cannot give."""
DEPLETED_SHARE: Final = 0.01
"""Below this share of its initial concentration the electrolyte counts as depleted. Assumed."""
_SOFT: Final = 0.98
"""Share of the power still missing at the first instant of a soft start."""
_ATTEMPTS: Final[tuple[tuple[str | None, float, float, bool], ...]] = (
    (None, 0.0, 1.0, False),
    ("solved with a soft start at a tighter tolerance", _SOFT, 1e-2, False),
    ("solved with a soft start on a rebuilt model", _SOFT, 1.0, True),
)
"""What to record, soft start, factor on the tolerance, whether to rebuild."""


@dataclass(frozen=True)
class Discharge:
    """What a discharge gave, per square metre of coated area."""

    power_W_per_m2: float
    energy_Wh_per_m2: float
    capacity_Ah_per_m2: float
    duration_s: float
    termination: str
    flags: tuple[str, ...]
    fallbacks: tuple[str, ...]
    time_s: Array
    voltage_V: Array
    charge_Ah_per_m2: Array
    losses_V: dict[str, Array]
    highest_temperature_K: float
    integrator_s: float
    """Time within the integrator."""
    profiles: DepthProfiles | None = None

    def curve(self, area_m2: float) -> DischargeCurve:
        """Return the curve of a whole cell with so much coated area."""
        return DischargeCurve(
            time_s=tuple(self.time_s.tolist()),
            voltage_V=tuple(self.voltage_V.tolist()),
            capacity_Ah=tuple((self.charge_Ah_per_m2 * area_m2).tolist()),
            power_W=self.power_W_per_m2 * area_m2,
            losses_V={name: tuple(loss.tolist()) for name, loss in self.losses_V.items()},
        )


@dataclass(frozen=True)
class Cooling:
    """A cell that warms evenly, per square metre of coated area."""

    heat_capacity_J_per_K_m2: float
    conductance_W_per_K_m2: float
    """Heat transfer coefficient × cooled surface / coated area."""


@dataclass(frozen=True)
class Conditions:
    """What a design is discharged under, and how the model is solved."""

    power_W_per_m2: float
    resistance_Ohm_m2: float
    temperature_K: float
    parameter_set: str = "Chen2020"
    model: str = "DFN"
    mesh: MeshSize = field(default_factory=lambda: MeshSize.of(FINE_MESH_POINTS))
    rtol: float = 1e-4
    cooling: Cooling | None = None
    """None keeps the cell at the ambient temperature."""
    electrolyte: ElectrolyteRecipe = field(default_factory=ElectrolyteRecipe)

    def kind(self, design: DesignInputs) -> ModelKind:
        """Return the kind of model these conditions and a design need."""
        return ModelKind(
            parameter_set=self.parameter_set,
            model=self.model,
            mesh=self.mesh,
            is_thermal=self.cooling is not None,
            electrolyte_set=electrolyte_set(self.electrolyte),
            knots=design.n_knots,
        )

    def named(self) -> dict[str, float]:
        """Return the values by the names the model's inputs have."""
        salt = self.electrolyte.salt_mol_per_m3
        cooling = self.cooling
        return {
            "resistance": self.resistance_Ohm_m2,
            "temperature": self.temperature_K,
            "salt": load_chemistry(self.parameter_set).electrolyte_concentration_mol_per_m3
            if salt is None
            else salt,
            "conductivity factor": self.electrolyte.conductivity_factor,
            "diffusivity factor": self.electrolyte.diffusivity_factor,
            "transference factor": self.electrolyte.transference_factor,
            **(
                {}
                if cooling is None
                else {
                    "heat capacity": cooling.heat_capacity_J_per_K_m2,
                    "cooling": cooling.conductance_W_per_K_m2,
                }
            ),
        }


def discharge(
    design: DesignInputs, conditions: Conditions, *, with_details: bool = False
) -> Discharge:
    """Discharge at constant power from full charge to the lower cut-off.

    ``with_details`` adds where the voltage is lost, and profiles. Raises as ``solve_named``.
    """
    return solve_named(named_case(design, conditions), with_details=with_details)


@dataclass(frozen=True)
class NamedCase:
    """Everything one solve depends on, in plain values: what a reproducer holds."""

    kind: ModelKind
    inputs: dict[str, float]
    end_s: float
    rtol: float


def named_case(design: DesignInputs, conditions: Conditions) -> NamedCase:
    """Return the case of a design under conditions."""
    return NamedCase(
        kind=conditions.kind(design),
        inputs={
            "power": conditions.power_W_per_m2,
            "soft_start": 0.0,
            **conditions.named(),
            **design.named(),
        },
        end_s=3600.0 * 5.0 * design.capacity_Ah_per_m2 / conditions.power_W_per_m2,
        rtol=conditions.rtol,
    )


def solve_named(case: NamedCase, *, with_details: bool = False) -> Discharge:
    """Solve a case.

    A failed solve is tried again with a power that rises within seconds and a hundredfold tighter
    tolerance, then once on a rebuilt model. Raises ``DesignFailed``: power_too_high where the
    voltage falls to the cut-off within the first second, solver_failed with the case otherwise.
    """
    power_W_per_m2, mesh = case.inputs["power"], case.kind.mesh
    _require_within_contact(case)
    errors: list[str] = []
    for fallback, soft_start, tightening, rebuilt in _ATTEMPTS:
        given = {**case.inputs, "soft_start": soft_start}
        try:
            built = (build_discharge_model if rebuilt else discharge_model)(case.kind)
            solved = built.solve(
                given, end_s=case.end_s, rtol=case.rtol * tightening, with_details=with_details
            )
            result = read_discharge(solved, given, fallback, built if with_details else None)
        except (pybamm.SolverError, ArithmeticError) as error:
            errors.append(first_line(error))
            continue
        if result.duration_s < FIRST_INSTANT_S or _is_still_rising(result, given):
            raise DesignFailed(
                f"the cell cannot give {power_W_per_m2:.0f} W per m² of electrode: its voltage "
                f"reaches the cut-off after {result.duration_s:.2g} s",
                kind=FailureKind.power_too_high,
                power_W_per_m2=power_W_per_m2,
                duration_s=result.duration_s,
            )
        return result
    raise DesignFailed(
        f"the {case.kind.model} model with {mesh.x} points did not converge in "
        f"{len(_ATTEMPTS)} attempts: {errors[0]}",
        kind=FailureKind.solver_failed,
        case=asdict(case),
        errors=errors,
    )


def _require_within_contact(case: NamedCase) -> None:
    """Refuse a power that the contact resistance alone does not let through: V² / 4R at most."""
    power, resistance = case.inputs["power"], case.inputs["resistance"]
    voltage_V = load_chemistry(case.kind.parameter_set).maximum_voltage_V
    if 4.0 * resistance * power > voltage_V**2:
        raise DesignFailed(
            f"the cell cannot give {power:.0f} W per m² of electrode: its foils and contacts let "
            f"through {voltage_V**2 / (4.0 * resistance):.0f} W per m² at most",
            kind=FailureKind.power_too_high,
            power_W_per_m2=power,
            duration_s=0.0,
        )


def _is_still_rising(result: Discharge, given: dict[str, float]) -> bool:
    """Say whether a soft start ended before 99% of the power was reached."""
    return given["soft_start"] > 0.0 and result.duration_s < 5.0 * SOFT_START_S


def read_discharge(
    solved: Any, given: dict[str, float], fallback: str | None, built: DischargeModel | None
) -> Discharge:
    """Read a solution, with details where their model is given.

    Raises ``ArithmeticError`` where it holds anything but finite numbers.
    """
    termination = str(solved.termination)
    if termination == "final time":
        raise ArithmeticError("the discharge outlasted all energy the cell can hold")
    voltage_V, charge_Ah, lowest, temperature_K = (_column(solved, name) for name in OUTPUTS)
    losses_V = (
        {name: sign * _column(solved, variable) for name, (variable, sign) in built.losses.items()}
        if built is not None
        else {}
    )
    duration_s = float(solved.t[-1])
    missing_s = given["soft_start"] * SOFT_START_S * -math.expm1(-duration_s / SOFT_START_S)
    is_depleted = lowest < DEPLETED_SHARE * float(lowest[0])
    cause = termination.removeprefix("event: ").removesuffix(" [V]").lower()
    return Discharge(
        power_W_per_m2=given["power"],
        energy_Wh_per_m2=given["power"] * (duration_s - missing_s) / 3600.0,
        capacity_Ah_per_m2=float(charge_Ah[-1]),
        duration_s=duration_s,
        termination=f"{cause} with the electrolyte depleted" if is_depleted[-1] else cause,
        flags=("electrolyte depleted",) if is_depleted.any() else (),
        fallbacks=() if fallback is None else (fallback,),
        time_s=np.asarray(solved.t, dtype=np.float64),
        voltage_V=voltage_V,
        charge_Ah_per_m2=charge_Ah,
        losses_V=losses_V,
        highest_temperature_K=float(temperature_K.max()),
        integrator_s=float(solved.integration_time.value),
        profiles=None if built is None else read_profiles(solved, given, built),
    )


def _column(solved: Any, name: str) -> Array:
    values = np.asarray(solved[name].data, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ArithmeticError(f"{name} is not finite everywhere")
    return values
