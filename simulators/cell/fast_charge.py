"""Fast charge to a share of the capacity, as fast as current, voltage and plating allow.

At every instant the current is the largest that keeps the negative's potential against lithium at
its separator side at or above a margin, the voltage at or below the upper cut-off, and itself at or
below a limit: min(limit − I, cut-off − V, potential − margin) = 0, one algebraic equation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import numpy as np

from experiments.errors import DesignFailed, Invalid
from experiments.observation import FailureKind
from experiments.performance import ChargeCurve
from simulators.cell.balance import Balance
from simulators.cell.chemistry import Array, load_chemistry
from simulators.cell.discharge import Conditions
from simulators.cell.p2d_inputs import DesignInputs, at_state_of_charge
from simulators.cell.p2d_model import ModelKind, bare_model, discretise
from simulators.cell.p2d_parameters import design_parameters
from simulators.cell.pybamm_door import pybamm
from simulators.cell.solver import first_line, integrator

_CHARGED: Final = "Charged"
_OUTPUTS: Final = ("Voltage [V]", "Current [A]", "Discharge capacity [A.h]", "Plating margin [V]")
_NEGATIVE_POTENTIAL: Final = (
    "Negative electrode surface potential difference at separator interface [V]"
)
_SCALE_V: Final = 0.1
_ROUNDING: Final = 0.02
"""Of the corner between two limits, relative; 0.01 × 0.1 V = 1 mV at most is left unused."""


@dataclass(frozen=True)
class FastCharge:
    """A charge, per square metre of coated area."""

    duration_s: float
    time_s: Array
    voltage_V: Array
    current_A_per_m2: Array
    """Positive while charging."""
    charged_share: Array
    plating_margin_V: Array
    """The negative's lowest potential against lithium."""

    def curve(self, capacity_Ah_per_m2: float, kept_margin_V: float) -> ChargeCurve:
        """Return what is drawn of it; the rate is against the capacity."""
        return ChargeCurve(
            time_s=tuple(self.time_s.tolist()),
            charged_share=tuple(self.charged_share.tolist()),
            voltage_V=tuple(self.voltage_V.tolist()),
            c_rate_per_h=tuple((self.current_A_per_m2 / capacity_Ah_per_m2).tolist()),
            plating_margin_V=tuple(self.plating_margin_V.tolist()),
            kept_margin_V=kept_margin_V,
        )


@dataclass
class _ChargeModel:
    model: Any
    _solvers: dict[float, Any] = field(default_factory=dict)

    def solve(self, inputs: dict[str, float], end_s: float, rtol: float) -> Any:
        if rtol not in self._solvers:
            self._solvers[rtol] = integrator(rtol, outputs=_OUTPUTS)
        return self._solvers[rtol].solve(self.model, [0.0, end_s], inputs=inputs)


def fast_charge(
    design: DesignInputs,
    balance: Balance,
    conditions: Conditions,
    *,
    from_share: float = 0.1,
    to_share: float = 0.8,
    limit_per_h: float = 6.0,
    plating_margin_V: float = 0.0,
) -> FastCharge:
    """Charge from one state of charge to another; the power in ``conditions`` is not used.

    Raises ``Invalid`` for shares out of order, ``DesignFailed`` (solver_failed) where the model
    does not converge or a charge does not end within 20 h.
    """
    if not 0.0 <= from_share < to_share <= 1.0:
        raise Invalid(
            f"from_share {from_share:g} and to_share {to_share:g} must rise within 0 to 1"
        )
    if not 0.0 < limit_per_h <= 100.0:
        raise Invalid(f"limit_per_h: {limit_per_h:g} 1/h is out of range; allowed: 0 to 100")
    chemistry = load_chemistry(conditions.parameter_set)
    start = at_state_of_charge(design, balance, from_share)
    inputs = {
        **conditions.named(),
        **start.named(),
        "limit": limit_per_h * design.capacity_Ah_per_m2,
        "margin": plating_margin_V,
        "wanted": (to_share - from_share) * design.capacity_Ah_per_m2,
        "upper": chemistry.maximum_voltage_V,
    }
    errors: list[str] = []
    for tightening in (1.0, 1e-2):
        try:
            solved = _charge_model(conditions.kind(design)).solve(
                inputs, 72_000.0, conditions.rtol * tightening
            )
        except pybamm.SolverError as error:
            errors.append(first_line(error))
            continue
        if _CHARGED not in str(solved.termination):
            errors.append(f"ended by {solved.termination}")
            continue
        return _read(solved, from_share, design.capacity_Ah_per_m2)
    raise DesignFailed(
        f"the charge to {to_share:.0%} did not finish: {errors[0]}",
        kind=FailureKind.solver_failed,
        inputs=inputs,
        errors=errors,
    )


def _residual(variables: dict[str, Any]) -> Any:
    """Return what is zero when the tightest of the three limits is met."""
    limit, upper, margin = (pybamm.InputParameter(name) for name in ("limit", "upper", "margin"))
    return _smooth_minimum(
        1.0 + variables["Current [A]"] / limit,
        _smooth_minimum(
            (upper - variables["Voltage [V]"]) / _SCALE_V,
            (variables[_NEGATIVE_POTENTIAL] - margin) / _SCALE_V,
        ),
    )


def _smooth_minimum(a: Any, b: Any) -> Any:
    """Return a minimum with a rounded corner, never above the true one, so no limit is passed."""
    return 0.5 * (a + b - pybamm.sqrt((a - b) ** 2 + _ROUNDING**2))


@lru_cache(maxsize=8)
def _charge_model(kind: ModelKind) -> _ChargeModel:
    bare = bare_model(kind, {"operating mode": _residual})
    bare.variables["Plating margin [V]"] = bare.variables[_NEGATIVE_POTENTIAL]
    for variable in bare.initial_conditions:
        if variable.name == "Current variable [A]":
            bare.initial_conditions[variable] = -0.5 * pybamm.InputParameter("limit")
    charged_Ah = -bare.variables["Discharge capacity [A.h]"]
    bare.events = [pybamm.Event(_CHARGED, pybamm.InputParameter("wanted") - charged_Ah)]
    discretise(bare, design_parameters(kind), kind.mesh, set(_OUTPUTS))
    return _ChargeModel(model=bare)


def _read(solved: Any, from_share: float, capacity_Ah_per_m2: float) -> FastCharge:
    voltage_V, current, charge, margin_V = (
        np.asarray(solved[name].data, dtype=np.float64) for name in _OUTPUTS
    )
    duration_s = float(solved.t[-1])
    if not math.isfinite(duration_s):
        raise ArithmeticError("the charge has no finite duration")
    return FastCharge(
        duration_s=duration_s,
        time_s=np.asarray(solved.t, dtype=np.float64),
        voltage_V=voltage_V,
        current_A_per_m2=-current,
        charged_share=from_share - charge / capacity_Ah_per_m2,
        plating_margin_V=margin_V,
    )
