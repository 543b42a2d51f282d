"""Ageing by cycling: SEI growth, lithium plating and loss of active material, to a stated end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from aurora_unicycler import CyclingProtocol
from pydantic import Field

from experiments.errors import Invalid
from experiments.frozen import Frozen
from simulators.cell.balance import Balance
from simulators.cell.chemistry import AGEING_SETS, Array
from simulators.cell.cycle_simulation import cycle_inputs, cycle_simulation, run_cycles
from simulators.cell.discharge import Conditions
from simulators.cell.p2d_inputs import DesignInputs, at_state_of_charge
from simulators.cell.p2d_parameters import (
    negative_surface_factor,
    scaled,
    thickness_stretch,
)

SURFACE_POWERS: Final[dict[str, int]] = {
    "SEI kinetic rate constant [m.s-1]": 1,
    "SEI reaction exchange current density [A.m-2]": 1,
    "SEI solvent diffusivity [m2.s-1]": 2,
    "SEI lithium interstitial diffusivity [m2.s-1]": 2,
    "SEI electron conductivity [S.m-1]": 2,
    "EC diffusivity [m2.s-1]": 2,
    "Initial SEI thickness [m]": 1,
    "SEI resistivity [Ohm.m]": -2,
    "Exchange-current density for plating [A.m-2]": 1,
    "Exchange-current density for stripping [A.m-2]": 1,
}
"""Power of (true surface / the model's surface) each parameter is multiplied by. The film on the
model's surface is that much thicker, and carries that much more current per area, than on the true
one (DESIGN.md, "Into P2D"); a test compares with a truly larger surface."""

TIGHTENING: Final = 1e-2
"""Of the tolerance: what is lost in one cycle is small beside what is cycled. With the ordinary
tolerance the lithium plated in one cycle was 16% off, with this one 0.2%."""
PLATING: Final = (
    "Exchange-current density for plating [A.m-2]",
    "Exchange-current density for stripping [A.m-2]",
)


class Mechanisms(Frozen):
    """What ages."""

    sei: bool = True
    """Growth limited by the diffusion of solvent; it clogs pores."""
    plating: bool = True
    """Partially reversible."""
    active_loss: bool = False
    """Driven by stress in the particles of both electrodes."""
    end_share: float = Field(default=0.8, gt=0, lt=1)
    """Stop when the discharge gives less than this share of the first one's charge."""


@dataclass(frozen=True)
class Ageing:
    """How a cell aged, one value for every finished cycle."""

    discharged_Ah_per_m2: Array
    lost_to_sei_share: Array
    """Lithium in the SEI, beyond the initial film, per reversible capacity."""
    lost_to_plating_share: Array
    lost_active_share: Array
    """Active material lost by the negative, of what it had."""
    reached_end: bool

    @property
    def cycles(self) -> int:
        """Return how many cycles ran."""
        return len(self.discharged_Ah_per_m2)


def age(
    design: DesignInputs,
    balance: Balance,
    protocol: CyclingProtocol,
    conditions: Conditions,
    mechanisms: Mechanisms,
    *,
    steps_per_cycle: int = 3,
) -> Ageing:
    """Cycle an empty cell by a protocol until it ends or the cell does.

    Raises ``Invalid`` where the parameter set or the protocol does not fit, ``DesignFailed``
    (solver_failed) where the model does not converge.
    """
    if conditions.parameter_set not in AGEING_SETS:
        raise Invalid(
            f"cell.parameter_set: {conditions.parameter_set!r} holds no ageing parameters; "
            f"allowed: {list(AGEING_SETS)}"
        )
    instructions = protocol.to_pybamm_experiment()
    if len(instructions) % steps_per_cycle:
        raise Invalid(
            f"steps_per_cycle: {steps_per_cycle} does not divide the protocol's "
            f"{len(instructions)} steps"
        )
    cycles = tuple(
        tuple(instructions[start : start + steps_per_cycle])
        for start in range(0, len(instructions), steps_per_cycle)
    )
    inputs = cycle_inputs(at_state_of_charge(design, balance, 0.0), conditions)
    tight = replace(conditions, rtol=conditions.rtol * TIGHTENING)
    simulation = ageing_simulation(design, tight, mechanisms, cycles)
    solution = run_cycles(simulation, inputs, "ageing")
    return _read(solution, design, mechanisms.end_share)


def scale_ageing(values: Any) -> None:
    """Change a set's ageing parameters as true surface and reference lengths demand.

    Plated lithium is a concentration per electrode volume, and the loss of active material a rate
    of its volume fraction: on a stretched electrode both are s times the true ones.
    """
    factor = negative_surface_factor(values)
    stretch = thickness_stretch("Negative")
    values.update(
        {name: scaled(values[name], factor**power) for name, power in SURFACE_POWERS.items()}
    )
    for name in PLATING:
        values.update({name: _with_true_concentration(values[name], stretch)})
    for side in ("Negative", "Positive"):
        name = f"{side} electrode LAM constant proportional term [s-1]"
        values.update({name: scaled(values[name], thickness_stretch(side))})


def _with_true_concentration(exchange_current: Any, stretch: Any) -> Any:
    """Return an exchange current of (electrolyte, plated lithium, temperature) on true lengths."""

    def on_true_lengths(c_e: Any, c_plated: Any, temperature: Any) -> Any:
        return exchange_current(c_e, c_plated / stretch, temperature)

    return on_true_lengths


def ageing_simulation(
    design: DesignInputs,
    conditions: Conditions,
    mechanisms: Mechanisms,
    cycles: tuple[tuple[str, ...], ...],
) -> Any:
    """Return PyBaMM's simulation of cycles of a design. Raises ``Invalid``."""
    kind = conditions.kind(design)
    if kind.knots > 1:
        raise Invalid("ageing takes even electrodes; give no knots")
    options: dict[str, str] = {}
    if mechanisms.sei:
        options |= {"SEI": "solvent-diffusion limited", "SEI porosity change": "true"}
    if mechanisms.plating:
        options |= {"lithium plating": "partially reversible"}
    if mechanisms.active_loss:
        options |= {"loss of active material": "stress-driven"}
    return cycle_simulation(kind, cycles, conditions.rtol, tuple(options.items()), scale_ageing)


def _read(solution: Any, design: DesignInputs, end_share: float) -> Ageing:
    discharged: list[float] = []
    sei: list[float] = []
    plating: list[float] = []
    active: list[float] = []
    for cycle in solution.cycles:
        charge = np.asarray(cycle.steps[-1]["Discharge capacity [A.h]"].entries)
        discharged.append(float(charge[-1] - charge[0]))
        for name, lost in (
            ("Loss of capacity to negative SEI [A.h]", sei),
            ("Loss of capacity to negative lithium plating [A.h]", plating),
        ):
            lost.append(float(cycle[name].entries[-1]) / design.capacity_Ah_per_m2)
        gone_pct = cycle["Loss of active material in negative electrode [%]"].entries
        active.append(float(gone_pct[-1]) / 100.0)
        if discharged[-1] < end_share * discharged[0]:
            break
    return Ageing(
        discharged_Ah_per_m2=np.asarray(discharged),
        lost_to_sei_share=np.asarray(sei),
        lost_to_plating_share=np.asarray(plating),
        lost_active_share=np.asarray(active),
        reached_end=discharged[-1] < end_share * discharged[0],
    )
