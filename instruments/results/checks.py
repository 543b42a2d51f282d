"""Whether a record can be what it is said to be: units, time, protocol, capacity, build."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from aurora_unicycler import ConstantCurrent, ConstantVoltage

from experiments.build import BuildRequest
from experiments.errors import Invalid
from instruments.coating_plan import CoatingPlan, coating_plan, current_A, unrolled
from instruments.results.cycling_record import CyclingRecord
from instruments.results.half_cycles import half_cycles

VOLTAGE_MARGIN_V: Final = 0.05
"""Beyond the protocol's voltages: accuracy of a channel, assumed."""
CURRENT_FACTOR: Final = 3.0
"""Over the protocol's largest current, or under its largest: another unit or another cell."""
MOST_CAPACITY: Final = 1.4
LEAST_CAPACITY: Final = 0.2
"""Of the planned capacity, in the gentlest discharge; beyond is no such cell. Assumed."""


@dataclass(frozen=True)
class Expectation:
    """What a cell of a build should look like on the cycler."""

    build_id: str
    n_cells: int
    plan: CoatingPlan
    lowest_V: float
    highest_V: float
    largest_A: float
    signs: tuple[int, ...]
    """Direction of every charge and discharge, rests left out, like neighbours merged."""


def expectation_of(build_id: str, request: BuildRequest) -> Expectation:
    """Return what the cells of a request should show. Raises as ``coating_plan``."""
    plan = coating_plan(request)
    voltages: list[float] = []
    currents: list[float] = [0.0]
    signs: list[int] = []
    for step in unrolled(request.protocol):
        if isinstance(step, ConstantCurrent):
            amperes = current_A(step, plan.cell_capacity_Ah)
            currents.append(abs(amperes))
            sign = 1 if amperes > 0.0 else -1
            if not signs or signs[-1] != sign:
                signs.append(sign)
            if step.until_voltage_V is not None:
                voltages.append(float(step.until_voltage_V))
        elif isinstance(step, ConstantVoltage):
            voltages.append(float(step.voltage_V))
    return Expectation(
        build_id=build_id,
        n_cells=request.n_cells,
        plan=plan,
        lowest_V=min(voltages, default=0.0),
        highest_V=max(voltages, default=5.0),
        largest_A=max(currents),
        signs=tuple(signs),
    )


def require_plausible(
    record: CyclingRecord, expected: Expectation, *, cell: int | None, is_partial: bool
) -> None:
    """Raise ``Invalid`` with a ``reason`` where the record cannot be of this cell's test."""
    require_own(record.sample, expected, cell)
    if (np.diff(record.time_s) < 0.0).any():
        row = int(np.argmin(np.diff(record.time_s))) + 2
        raise Invalid(f"row {row}: time goes back", reason="time")
    _require_units(record, expected)
    _require_protocol(record, expected, is_partial)
    _require_capacity(record, expected, is_partial)


def require_own(sample: str, expected: Expectation, cell: int | None) -> None:
    """Raise ``Invalid`` where a record names another build or cell itself; no name says nothing."""
    if not sample:
        return
    found = re.fullmatch(r"(.+)-cell(\d{1,4})", sample)
    build_id = found[1] if found else sample
    if build_id != expected.build_id:
        raise Invalid(
            f"the cycler names sample {sample[:80]!r}, not build {expected.build_id}",
            reason="wrong_build",
        )
    if found and cell is not None and int(found[2]) != cell:
        raise Invalid(f"the cycler names cell {int(found[2])}, not {cell}", reason="wrong_build")


def _require_units(record: CyclingRecord, expected: Expectation) -> None:
    low, high = float(record.voltage_V.min()), float(record.voltage_V.max())
    if high > 10.0 or low < -10.0:
        raise Invalid(f"voltages of {low:.4g} to {high:.4g} are no volts", reason="units")
    largest_A = float(np.abs(record.current_A).max())
    if largest_A > CURRENT_FACTOR * expected.largest_A:
        raise Invalid(
            f"currents up to {largest_A:.4g} A; the protocol's largest is "
            f"{expected.largest_A:.4g} A: another unit or another cell",
            reason="units",
        )


def _require_protocol(record: CyclingRecord, expected: Expectation, is_partial: bool) -> None:
    low, high = float(record.voltage_V.min()), float(record.voltage_V.max())
    if high > expected.highest_V + VOLTAGE_MARGIN_V:
        raise Invalid(
            f"{high:.3f} V; the protocol's highest is {expected.highest_V:.3f} V",
            reason="protocol",
        )
    if low < expected.lowest_V - 0.5:
        raise Invalid(
            f"{low:.3f} V, far below the protocol's lowest of {expected.lowest_V:.3f} V",
            reason="protocol",
        )
    seen: list[int] = []
    for half in half_cycles(record):
        if half.sign != 0 and (not seen or seen[-1] != half.sign):
            seen.append(half.sign)
    is_prefix = tuple(seen) == expected.signs[: len(seen)]
    if not is_prefix or (not is_partial and len(seen) < len(expected.signs)):
        raise Invalid(
            f"{len(seen)} charges and discharges where the protocol has {len(expected.signs)}"
            + ("" if is_prefix else ", in another order"),
            reason="protocol",
        )


def _require_capacity(record: CyclingRecord, expected: Expectation, is_partial: bool) -> None:
    planned_Ah = expected.plan.cell_capacity_Ah
    falls = [half for half in half_cycles(record) if half.sign < 0]
    largest_Ah = max((half.charge_Ah for half in falls), default=None)
    if largest_Ah is None:
        return
    is_small = largest_Ah < LEAST_CAPACITY * planned_Ah and not is_partial
    if is_small or largest_Ah > MOST_CAPACITY * planned_Ah:
        raise Invalid(
            f"{1e3 * largest_Ah:.4g} mAh discharged; {1e3 * planned_Ah:.4g} mAh were planned",
            reason="capacity",
        )
