"""Cycles until the end of life, with most of them jumped over.

Ageing changes the state at the end of a discharge a little from cycle to cycle. Two cycles are
solved, their difference is added as often as a small loss of charge allows, and so on until the end
(inter-cycle extrapolation, as Sulzer et al. 2021, J. Electrochem. Soc. 168, 120531; with a fixed
step in charge, and the rate of change extrapolated from the last two steps to the middle of the
next; never more than half the cycles that have passed). Everything conserved within a cycle,
lithium above all, is conserved by a linear jump.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from experiments.cell_spec import AgeingSpec
from experiments.errors import DesignFailed
from simulators.cell.ageing import Mechanisms, ageing_simulation
from simulators.cell.balance import Balance
from simulators.cell.chemistry import Array, load_chemistry
from simulators.cell.cycle_simulation import cycle_inputs, run_cycles
from simulators.cell.discharge import Conditions
from simulators.cell.p2d_inputs import DesignInputs, at_state_of_charge
from simulators.cell.protocols import cycling
from simulators.cell.pybamm_door import pybamm

STEP_SHARE: Final = 0.005
"""Loss of charge in one jump, relative to the first discharge."""
GROWTH: Final = 0.5
"""Cycles in one jump, relative to those that have passed; what ages fastest ages at first. With
both, jumps a quarter as long move the end by 1% (measured: docs/cell_accuracy.md)."""
TIGHTENING: Final = 0.1
"""Of the tolerance: a jump multiplies the small difference of two cycles."""
SETTLING: Final = 2
"""Cycles solved before the first jump and after each: the first relaxes, the last two differ."""


_COUNTERS: Final = ("Discharge capacity [A.h]", "Throughput capacity [A.h]")
"""States that only add up and would leave the solver's range."""


@dataclass(frozen=True)
class Lifetime:
    """How long a cell lived."""

    cycles: float
    """Until the end, between two cycles by interpolation; or until the search stopped."""
    reached_end: bool
    solved_cycles: int
    at_cycle: Array
    charge_share: Array
    """Of the first discharge, at each of ``at_cycle``."""


def lifetime(
    design: DesignInputs,
    balance: Balance,
    conditions: Conditions,
    spec: AgeingSpec,
    *,
    refinement: float = 1.0,
) -> Lifetime:
    """Cycle an empty cell until its discharge gives too little, or ``max_cycles``.

    ``refinement`` divides every jump, so that what jumping costs can be measured.

    Raises ``Invalid`` where the parameter set does not fit, ``DesignFailed`` (solver_failed) where
    a cycle does not converge.
    """
    chemistry = load_chemistry(conditions.parameter_set)
    protocol = cycling(
        1,
        capacity_Ah=design.capacity_Ah_per_m2,
        minimum_V=chemistry.minimum_voltage_V,
        maximum_V=chemistry.maximum_voltage_V,
        charge_rate_per_h=spec.charge_rate_per_h,
        discharge_rate_per_h=spec.discharge_rate_per_h,
    )
    mechanisms = Mechanisms(
        sei=spec.sei,
        plating=spec.plating,
        active_loss=spec.active_loss,
        end_share=spec.end_share,
    )
    cycle = tuple(protocol.to_pybamm_experiment())
    tight = replace(conditions, rtol=conditions.rtol * TIGHTENING)
    cycler = _Cycler(
        simulation=ageing_simulation(design, tight, mechanisms, (cycle,)),
        inputs=cycle_inputs(at_state_of_charge(design, balance, 0.0), conditions),
    )
    at_cycle, charges = [1.0], [cycler.run()]
    while charges[-1] >= spec.end_share * charges[0] and at_cycle[-1] < spec.max_cycles:
        for _ in range(SETTLING):
            at_cycle.append(at_cycle[-1] + 1.0)
            charges.append(cycler.run())
        if charges[-1] < spec.end_share * charges[0] or at_cycle[-1] >= spec.max_cycles:
            break
        fade = max((charges[-2] - charges[-1]) / charges[0], 1e-9)
        left = charges[-1] / charges[0] - spec.end_share
        allowed = min(
            STEP_SHARE / fade / refinement,
            GROWTH * at_cycle[-1] / refinement,
            left / fade + 1.0,
            spec.max_cycles - at_cycle[-1],
        )
        jumped, charge = cycler.jump_and_run(int(allowed))
        at_cycle.append(at_cycle[-1] + jumped + 1.0)
        charges.append(charge)
    shares = np.asarray(charges) / charges[0]
    reached_end = bool(shares[-1] < spec.end_share)
    cycles = at_cycle[-1]
    if reached_end:
        cycles = float(np.interp(spec.end_share, shares[[-1, -2]], [at_cycle[-1], at_cycle[-2]]))
    return Lifetime(cycles, reached_end, cycler.solved, np.asarray(at_cycle), shares)


@dataclass
class _Cycler:
    """One cell on its way, and the states at the end of its last two discharges."""

    simulation: Any
    inputs: dict[str, float]
    solved: int = 0
    _last: Any = None
    _before: Array | None = None
    _rate: Array | None = None
    """Change per cycle at the jump before."""
    _since: int = 0
    """Cycles from there, jumped ones included."""

    def run(self) -> float:
        """Solve one cycle and return the charge of its discharge."""
        if self._last is not None:
            self._before = self._state(self._last)
        what = f"ageing, cycle {self.solved + 1} solved,"
        solution = run_cycles(self.simulation, self.inputs, what, after=self._last)
        self.solved += 1
        discharge = solution.cycles[-1].steps[-1]
        self._last = discharge.last_state
        charge = np.asarray(discharge["Discharge capacity [A.h]"].entries)
        return float(charge[-1] - charge[0])

    def jump_and_run(self, cycles: int) -> tuple[int, float]:
        """Jump at most so many cycles and solve one; halve the jump where its end cannot be solved.

        Returns how many were jumped and the charge of the cycle solved.
        """
        here = (self._last, self._before, self._rate, self._since)
        while cycles > 0:
            self._jump(cycles)
            try:
                return cycles, self.run()
            except DesignFailed:
                self._last, self._before, self._rate, self._since = here
                cycles //= 2
        return 0, self.run()

    def _jump(self, cycles: int) -> None:
        """Go on by so many cycles at the rate expected in the middle of them."""
        state = self._state(self._last)
        if self._before is None:
            raise ValueError("a jump needs two solved cycles")
        rate = state - self._before
        turn = 0.0 if self._rate is None else (rate - self._rate) / self._since
        moved = state + cycles * (rate + turn * 0.5 * cycles)
        self._rate, self._since = rate, cycles + 1 + SETTLING
        model = self._last.all_models[-1]
        for variable, rows in model.y_slices.items():
            if variable.name in _COUNTERS:
                for row in rows:
                    moved[row] = 0.0
        self._last = pybamm.Solution(
            self._last.t[-1:], moved[:, np.newaxis], model, self._last.all_inputs[-1]
        )

    @staticmethod
    def _state(solution: Any) -> Array:
        return np.asarray(solution.y, dtype=np.float64)[:, -1]
