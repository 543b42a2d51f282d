"""A power profile, as a drive demands it, repeated until the cell cannot give it any more."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

import numpy as np
from pydantic import Field, model_validator

from experiments.errors import Invalid
from experiments.frozen import Frozen
from simulators.cell.balance import Balance
from simulators.cell.chemistry import Array
from simulators.cell.discharge import Conditions
from simulators.cell.p2d_inputs import DesignInputs, at_state_of_charge
from simulators.cell.p2d_model import ModelKind, bare_model, discretise
from simulators.cell.p2d_parameters import design_parameters
from simulators.cell.pybamm_door import pybamm
from simulators.cell.solver import integrator, not_converged

_OUTPUTS: Final = ("Voltage [V]", "Current [A]", "Volume-averaged cell temperature [K]")


class PowerProfile(Frozen):
    """Power over time, linear between its points; positive discharges the cell.

    No cycler protocol of ours has power steps, so a profile drives the simulation only.
    """

    time_s: tuple[float, ...] = Field(min_length=2)
    share: tuple[float, ...]
    """Of the power in the conditions."""

    @model_validator(mode="after")
    def _is_a_profile(self) -> PowerProfile:
        if len(self.share) != len(self.time_s):
            raise ValueError(f"{len(self.time_s)} times and {len(self.share)} shares; give as many")
        if self.time_s[0] != 0.0 or any(a >= b for a, b in pairwise(self.time_s)):
            raise ValueError("time_s must start at 0 and rise")
        if self.mean_share <= 0.0:
            raise ValueError("the profile must discharge the cell on the whole")
        return self

    @property
    def mean_share(self) -> float:
        """Return the mean over time."""
        return float(np.trapezoid(self.share, self.time_s) / self.time_s[-1])


@dataclass(frozen=True)
class Drive:
    """How far a cell went, per square metre of coated area."""

    repeats: float
    """Of the profile, fractions included."""
    energy_Wh_per_m2: float
    """Given, less what was taken back."""
    regenerated_Wh_per_m2: float
    duration_s: float
    termination: str
    lowest_voltage_V: float
    highest_temperature_K: float
    time_s: Array
    voltage_V: Array


def drive(
    design: DesignInputs,
    balance: Balance,
    profile: PowerProfile,
    conditions: Conditions,
    *,
    from_share: float = 1.0,
) -> Drive:
    """Repeat a profile, scaled to the power in ``conditions``, until a voltage limit ends it.

    Raises ``Invalid`` where the state of charge is out of range, ``DesignFailed`` (solver_failed)
    where the model does not converge.
    """
    if not 0.0 < from_share <= 1.0:
        raise Invalid(f"from_share: {from_share:g} is out of range; allowed: above 0 to 1")
    stored_Wh_per_m2 = 5.0 * design.capacity_Ah_per_m2
    period_s = profile.time_s[-1]
    period_Wh_per_m2 = profile.mean_share * conditions.power_W_per_m2 * period_s / 3600.0
    repeats = int(stored_Wh_per_m2 / period_Wh_per_m2) + 1
    inputs = {
        **conditions.named(),
        **at_state_of_charge(design, balance, from_share).named(),
        "power": conditions.power_W_per_m2,
    }
    times_s = np.asarray(profile.time_s)
    stops_s = np.unique(np.concatenate([n * period_s + times_s for n in range(repeats)]))
    model = _model(conditions.kind(design), profile, repeats)
    solver = integrator(conditions.rtol, outputs=_OUTPUTS)
    try:
        solved = solver.solve(model, stops_s, inputs=inputs)
    except pybamm.SolverError as error:
        raise not_converged("the drive cycle", inputs, error) from error
    return _read(solved, profile)


@lru_cache(maxsize=4)
def _model(kind: ModelKind, profile: PowerProfile, repeats: int) -> Any:
    period_s, times_s = profile.time_s[-1], np.asarray(profile.time_s)
    gap_s = 1e-3 * float(np.diff(times_s).min())
    all_s = np.concatenate([n * period_s + times_s for n in range(repeats)])
    all_s[times_s.size :: times_s.size] += gap_s
    shares = np.tile(np.asarray(profile.share), repeats)

    def power(time: Any) -> Any:
        return pybamm.InputParameter("power") * pybamm.Interpolant(all_s, shares, time)

    bare = bare_model(kind, {"operating mode": "power"})
    for variable in bare.initial_conditions:
        if variable.name == "Current variable [A]":
            start = pybamm.InputParameter("power") * profile.share[0] / 3.7
            bare.initial_conditions[variable] = start
    values = design_parameters(kind)
    values.update({"Power function [W]": power}, check_already_exists=False)
    discretise(bare, values, kind.mesh, set(_OUTPUTS))
    return bare


def _read(solved: Any, profile: PowerProfile) -> Drive:
    voltage_V, current, temperature_K = (
        np.asarray(solved[name].data, dtype=np.float64) for name in _OUTPUTS
    )
    time_s = np.asarray(solved.t, dtype=np.float64)
    power = voltage_V * current
    return Drive(
        repeats=float(time_s[-1] / profile.time_s[-1]),
        energy_Wh_per_m2=float(np.trapezoid(power, time_s)) / 3600.0,
        regenerated_Wh_per_m2=-float(np.trapezoid(np.minimum(power, 0.0), time_s)) / 3600.0,
        duration_s=float(time_s[-1]),
        termination=str(solved.termination).removeprefix("event: ").removesuffix(" [V]").lower(),
        lowest_voltage_V=float(voltage_V.min()),
        highest_temperature_K=float(temperature_K.max()),
        time_s=time_s,
        voltage_V=voltage_V,
    )
