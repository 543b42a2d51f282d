"""What a request means at the bench: what it takes of the stock, and every limit it keeps to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aurora_unicycler import ConstantCurrent, ConstantVoltage

from controller.quantity import three
from experiments.build import BuildRequest
from experiments.capabilities import Capabilities, Limits, Range
from experiments.errors import CellwrightError

if TYPE_CHECKING:
    from instruments.coating_plan import CoatingPlan


@dataclass(frozen=True)
class SafetyRow:
    """One figure, with whether it keeps to what the instrument told."""

    name: str
    words: str
    is_within: bool | None = None
    """None: nothing limits it, or nobody told the limit."""
    allowed: str = ""


@dataclass(frozen=True)
class BenchView:
    """What the coating takes and what the cells are put through; or why they make no cell."""

    takes: tuple[tuple[str, str], ...]
    safety: tuple[SafetyRow, ...]
    problem: str | None = None
    refusals: tuple[str, ...] = ()
    """Every limit it would cross, by what the instrument told."""
    hazards: tuple[str, ...] = field(default=())


def bench_view(request: BuildRequest, told: Capabilities | None = None) -> BenchView:
    """Return rows for people; ``told`` is what the instrument said. Imports the cell model."""
    from controller.edit_limits import unsigned
    from instruments.coating_plan import coating_plan
    from instruments.limits import check

    try:
        plan = coating_plan(request)
        safety = tuple(_safety(request, told, plan))
    except (CellwrightError, ValueError) as error:
        problem = f"the recipe makes no cell: {error}"
        return BenchView((), tuple(_safety(request, told, None)), problem)
    refusals = () if told is None else check(unsigned(request), told)
    return BenchView(
        takes=tuple(_takes(plan, told)),
        safety=safety,
        refusals=tuple(str(one) for one in refusals),
        hazards=tuple(_hazards(request, plan)),
    )


def voltage_window(request: BuildRequest) -> tuple[float, float] | None:
    """Return the lowest and the highest voltage that the protocol goes to, in V."""
    found = [
        float(voltage)
        for step in request.protocol.method
        for voltage in (
            getattr(step, "until_voltage_V", None) if isinstance(step, ConstantCurrent) else None,
            getattr(step, "voltage_V", None) if isinstance(step, ConstantVoltage) else None,
        )
        if voltage is not None
    ]
    return (min(found), max(found)) if found else None


def _takes(plan: CoatingPlan, told: Capabilities | None) -> Iterator[tuple[str, str]]:
    stock = {} if told is None else told.stock
    for name, kg in plan.material_kg.items():
        have = f" (have {three(1e3 * stock[name])} g)" if name in stock else ""
        yield name, f"{three(1e3 * kg)} g{have}"
    have = f" (have {stock['cells']:g})" if "cells" in stock else ""
    yield "cells", f"{plan.request.n_cells} of format {plan.request.cell.format}{have}"
    yield "sheet to coat", f"{three(1e4 * plan.sheet_m2)} cm²"


def _safety(
    request: BuildRequest, told: Capabilities | None, plan: CoatingPlan | None
) -> Iterator[SafetyRow]:
    limits = None if told is None else told.limits
    ranges: dict[str, Range] = {} if limits is None else _ranges(limits)
    positive = request.recipe.positive
    yield SafetyRow("N/P", three(request.recipe.negative.n_to_p_ratio), *_plates(request))
    window = voltage_window(request)
    if window is None:
        yield SafetyRow("voltage window", "none in the protocol")
    else:
        words = f"{window[0]:g} to {window[1]:g} V"
        yield _ranged("voltage window", words, window, ranges.get("voltage_V"), 1.0, "V")
    at_C = request.cell.temperature_C
    allowed = ranges.get("temperature_C")
    yield _ranged("surroundings", f"{at_C:g} °C", (at_C,), allowed, 1.0, "°C")
    if plan is not None:
        loading = plan.loading_kg_per_m2
        words = f"{three(1e2 * loading)} mg/cm²"
        allowed = ranges.get("loading_kg_per_m2")
        yield _ranged("loading", words, (loading,), allowed, 1e2, "mg/cm²")
    thickness = positive.thickness_m
    allowed = ranges.get("thickness_m")
    yield _ranged("thickness", f"{three(1e6 * thickness)} µm", (thickness,), allowed, 1e6, "µm")
    allowed = ranges.get("porosity")
    yield _ranged("porosity", three(positive.porosity), (positive.porosity,), allowed, 1.0, "")
    if plan is not None:
        amperes = _largest_A(request, plan.cell_capacity_Ah)
        words = f"{three(1e3 * amperes)} mA ({three(amperes / plan.cell_capacity_Ah)}C)"
        most = None if limits is None else Range(min=0.0, max=limits.current_A)
        yield _ranged("largest current", words, (amperes,), most, 1e3, "mA")


def _ranges(limits: Limits) -> dict[str, Range]:
    """Return the limits that are ranges, by name."""
    return {name: one for name, one in iter(limits) if isinstance(one, Range)}


def _plates(request: BuildRequest) -> tuple[bool | None, str]:
    """Return whether the negative is the larger electrode: below 1, a full charge plates lithium.

    That is what N/P means (design, physics conventions); the instrument sets no limit on it.
    """
    return request.recipe.negative.n_to_p_ratio >= 1.0, "at least 1: below, a full charge plates"


def _ranged(
    name: str,
    words: str,
    values: tuple[float, ...],
    allowed: Range | None,
    factor: float,
    unit: str,
) -> SafetyRow:
    if allowed is None:
        return SafetyRow(name, words)
    told = f"{allowed.min * factor:.4g} to {allowed.max * factor:.4g} {unit}".strip()
    return SafetyRow(name, words, all(allowed.holds(one) for one in values), told)


def _hazards(request: BuildRequest, plan: CoatingPlan) -> Iterator[str]:
    """Yield what the build holds, for whoever assesses the risk; by its own figures alone."""
    energy_Wh = request.n_cells * plan.cell_capacity_Ah * plan.mean_voltage_V
    yield f"{three(energy_Wh)} Wh in all cells together when full"
    yield f"{three(1e3 * plan.dry_batch_kg)} g of dry {request.recipe.positive.active_material} mix"


def _largest_A(request: BuildRequest, capacity_Ah: float) -> float:
    """Return the largest current of the protocol."""
    from instruments.coating_plan import current_A

    steps = [one for one in request.protocol.method if isinstance(one, ConstantCurrent)]
    return max((abs(current_A(one, capacity_Ah)) for one in steps), default=0.0)
