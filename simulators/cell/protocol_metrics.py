"""Metrics that need a protocol of their own: minutes of a fast charge, cycles until the end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from experiments.cell_spec import AgeingSpec, CellSpec, FastChargeSpec
from experiments.errors import DesignFailed, Invalid
from experiments.metrics import METRICS
from experiments.performance import NO_CHARGE, ChargeCurve
from simulators.cell.balance import Balance
from simulators.cell.chemistry import AGEING_SETS
from simulators.cell.p2d_inputs import DesignInputs

if TYPE_CHECKING:
    from simulators.cell.discharge import Conditions


@dataclass(frozen=True)
class ProtocolMetrics:
    """Values, and why the others have none."""

    values: dict[str, float]
    undefined: dict[str, str]
    fallbacks: tuple[str, ...] = ()
    charge: ChargeCurve | None = None
    """Thinned."""


def require_runnable(cell: CellSpec, model: str, wanted: tuple[str, ...]) -> None:
    """Raise ``Invalid`` where the model or the parameter set cannot run what is wanted."""
    for name in wanted:
        if name not in METRICS:
            raise Invalid(f"wanted: {name!r} is not a metric; allowed: {sorted(METRICS)}")
        protocol = METRICS[name].protocol
        if protocol is not None and model != "DFN":
            raise Invalid(
                f"model: {model!r} has no depth and cannot run {protocol} for {name}; "
                "allowed: 'DFN'"
            )
        if protocol == "ageing" and cell.parameter_set not in AGEING_SETS:
            raise Invalid(
                f"cell.parameter_set: {cell.parameter_set!r} holds no ageing parameters for "
                f"{name}; allowed: {list(AGEING_SETS)}"
            )


def protocol_metrics(
    cell: CellSpec,
    design: DesignInputs,
    balance: Balance,
    conditions: Conditions,
    wanted: tuple[str, ...],
    *,
    with_charge: bool = False,
) -> ProtocolMetrics:
    """Run the protocols that the wanted metrics need. Raises ``DesignFailed``.

    ``with_charge`` runs the fast charge for its curve alone; its failure is told, not raised.
    """
    values: dict[str, float] = {}
    undefined: dict[str, str] = {}
    fallbacks: list[str] = []
    charge = None
    if "fast_charge_min" in wanted:
        minutes, charge = _charge(cell.fast_charge, design, balance, conditions)
        values["fast_charge_min"] = minutes
    elif with_charge:
        try:
            _, charge = _charge(cell.fast_charge, design, balance, conditions)
        except (DesignFailed, ArithmeticError) as failed:
            fallbacks.append(f"{NO_CHARGE}{failed}")
    if "cycles_to_end" in wanted:
        cycles, notes = _cycles(cell.ageing, design, balance, conditions)
        fallbacks += notes
        if cycles is None:
            undefined["cycles_to_end"] = (
                f"still above {cell.ageing.end_share:.0%} after {cell.ageing.max_cycles} cycles"
            )
        else:
            values["cycles_to_end"] = cycles
    return ProtocolMetrics(values, undefined, tuple(fallbacks), charge)


def _charge(
    spec: FastChargeSpec, design: DesignInputs, balance: Balance, conditions: Conditions
) -> tuple[float, ChargeCurve]:
    """Return the minutes of a fast charge, and its curve with few points."""
    from simulators.cell.fast_charge import fast_charge

    charge = fast_charge(
        design,
        balance,
        conditions,
        from_share=spec.from_share,
        to_share=spec.to_share,
        limit_per_h=spec.limit_per_h,
        plating_margin_V=spec.plating_margin_V,
    )
    curve = charge.curve(design.capacity_Ah_per_m2, spec.plating_margin_V)
    return charge.duration_s / 60.0, curve.thinned()


def _cycles(
    spec: AgeingSpec, design: DesignInputs, balance: Balance, conditions: Conditions
) -> tuple[float | None, list[str]]:
    from simulators.cell.lifetime import lifetime

    even = replace(design, negative_knots=(), positive_knots=())
    found = lifetime(even, balance, conditions, spec)
    notes = [f"ageing: {found.solved_cycles} of {found.cycles:.0f} cycles solved, the rest jumped"]
    if even != design:
        notes.append("ageing: the graded electrode enters by its mean")
    return (found.cycles if found.reached_end else None), notes
