"""A cycling protocol on a simulated cell: what a cycler would record, per square metre."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from aurora_unicycler import CyclingProtocol, ImpedanceSpectroscopy, VoltageScan

from experiments.errors import DesignFailed, Invalid
from experiments.observation import FailureKind
from simulators.cell.balance import Balance
from simulators.cell.chemistry import Array
from simulators.cell.cycle_simulation import cycle_inputs, cycle_simulation, run_cycles
from simulators.cell.discharge import Conditions
from simulators.cell.p2d_inputs import DesignInputs, at_state_of_charge
from simulators.cell.pybamm_door import pybamm

_CANNOT_RUN: Final = (VoltageScan, ImpedanceSpectroscopy)


@dataclass(frozen=True)
class CyclingStep:
    """One step of a protocol as it ran; current is positive while charging, as on a cycler."""

    instruction: str
    time_s: Array
    voltage_V: Array
    current_A_per_m2: Array
    charge_Ah_per_m2: float
    """Passed in this step, positive while charging."""
    highest_temperature_K: float | None
    """None where the step was over before it began, as a hold that needs no current."""


def run_protocol(
    design: DesignInputs,
    balance: Balance,
    protocol: CyclingProtocol,
    conditions: Conditions,
    *,
    from_share: float = 0.0,
) -> tuple[CyclingStep, ...]:
    """Run every step of a protocol from a state of charge; rates are of the design's capacity.

    The power in ``conditions`` is not used. Raises ``Invalid`` for steps the model cannot run,
    ``DesignFailed`` (solver_failed) where it does not converge.
    """
    for step in protocol.method:
        if isinstance(step, _CANNOT_RUN):
            raise Invalid(
                f"protocol step {step.step!r}: the cell model cannot run it; allowed: "
                "constant_current, constant_voltage, open_circuit_voltage, loop, tag"
            )
    if not 0.0 <= from_share <= 1.0:
        raise Invalid(f"from_share: {from_share:g} is out of range; allowed: 0 to 1")
    instructions = protocol.to_pybamm_experiment()
    each = tuple((instruction,) for instruction in instructions)
    simulation = cycle_simulation(conditions.kind(design), each, conditions.rtol)
    inputs = cycle_inputs(at_state_of_charge(design, balance, from_share), conditions)
    solution = run_cycles(simulation, inputs, "the protocol")
    steps = [step for cycle in solution.cycles for step in cycle.steps]
    if len(steps) < len(instructions):
        raise DesignFailed(
            f"the protocol stopped in step {len(steps) + 1} of {len(instructions)}: "
            f"{instructions[len(steps)]}",
            kind=FailureKind.solver_failed,
            inputs=inputs,
        )
    return tuple(
        _read(instruction, step) for instruction, step in zip(instructions, steps, strict=True)
    )


def _read(instruction: str, step: Any) -> CyclingStep:
    if isinstance(step, pybamm.EmptySolution):
        nothing = np.zeros(0)
        return CyclingStep(instruction, nothing, nothing, nothing, 0.0, None)
    voltage_V, current, discharged, temperature_K = (
        np.asarray(step[name].entries, dtype=np.float64)
        for name in (
            "Voltage [V]",
            "Current [A]",
            "Discharge capacity [A.h]",
            "Volume-averaged cell temperature [K]",
        )
    )
    return CyclingStep(
        instruction=instruction,
        time_s=np.asarray(step.t - step.t[0], dtype=np.float64),
        voltage_V=voltage_V,
        current_A_per_m2=-current,
        charge_Ah_per_m2=float(discharged[0] - discharged[-1]),
        highest_temperature_K=float(temperature_K.max()),
    )
