"""Whether an instrument may make what is asked: every limit that would be crossed, by name."""

from __future__ import annotations

from collections.abc import Iterator

from aurora_unicycler import ConstantCurrent, ConstantVoltage, OpenCircuitVoltage

from experiments.build import BuildPayload
from experiments.capabilities import Capabilities, Range, Refusal
from experiments.errors import CellwrightError, Unsafe
from instruments.coating_plan import (
    MOST_STEPS,
    CoatingPlan,
    coating_plan,
    current_A,
    expected_s,
    unrolled,
)


def check(payload: BuildPayload, capabilities: Capabilities) -> tuple[Refusal, ...]:
    """Return every limit the build would cross; none means that it may be made.

    Pure: the same payload and capabilities give the same refusals.
    """
    request = payload.request
    positive = request.recipe.positive
    found = [
        *_one_of("chemistries", positive.active_material, capabilities.chemistries),
        *_one_of("formats", request.cell.format, capabilities.formats),
        *_inside(
            "limits.temperature_C",
            request.cell.temperature_C,
            capabilities.limits.temperature_C,
            "°C",
        ),
        *_inside(
            "limits.thickness_m", positive.thickness_m, capabilities.limits.thickness_m, "µm", 1e6
        ),
        *_inside("limits.porosity", positive.porosity, capabilities.limits.porosity, ""),
    ]
    if request.n_cells > capabilities.max_cells:
        found.append(_at_most("max_cells", request.n_cells, capabilities.max_cells, "cells"))
    if positive.second_active_wt_pct > 0.0:
        found.append(Refusal(limit="chemistries", found="a second active material", allowed="one"))
    if positive.architecture is not None:
        found.append(Refusal(limit="recipe", found="a graded coating", allowed="one even layer"))
    try:
        plan = coating_plan(request)
    except (CellwrightError, ValueError) as error:
        return (*found, Refusal(limit="recipe", found=str(error), allowed="a cell that adds up"))
    found += _inside(
        "limits.loading_kg_per_m2",
        plan.loading_kg_per_m2,
        capabilities.limits.loading_kg_per_m2,
        "mg/cm²",
        100.0,
    )
    found += _stock(plan, capabilities)
    found += _protocol(plan, capabilities)
    return tuple(dict.fromkeys(found))


def require_within(payload: BuildPayload, capabilities: Capabilities) -> None:
    """Raise ``Unsafe`` naming every limit that the build would cross."""
    refusals = check(payload, capabilities)
    if refusals:
        raise Unsafe(
            f"{capabilities.instrument} refuses the build: "
            + "; ".join(str(refusal) for refusal in refusals),
            refusals=[refusal.model_dump() for refusal in refusals],
        )


def _stock(plan: CoatingPlan, capabilities: Capabilities) -> Iterator[Refusal]:
    needs = {**plan.material_kg, "cells": float(plan.request.n_cells)}
    for name, needed in needs.items():
        left = capabilities.stock.get(name)
        if left is not None and needed > left:
            unit, factor = ("", 1.0) if name == "cells" else ("g", 1e3)
            yield _at_most(f"stock.{name}", needed * factor, left * factor, unit)


def _protocol(plan: CoatingPlan, capabilities: Capabilities) -> Iterator[Refusal]:
    limits, capacity_Ah = capabilities.limits, plan.cell_capacity_Ah
    protocol = plan.request.protocol
    steps = unrolled(protocol)
    if len(steps) >= MOST_STEPS:
        yield _at_most("protocol", len(steps), MOST_STEPS - 1, "steps")
    for number, step in enumerate(steps[:1000], start=1):
        if isinstance(step, ConstantCurrent):
            amperes = abs(current_A(step, capacity_Ah))
            if amperes > limits.current_A:
                yield _at_most("limits.current_A", amperes * 1e3, limits.current_A * 1e3, "mA")
            if step.until_voltage_V is None:
                yield Refusal(
                    limit="limits.voltage_V",
                    found=f"step {number}: a constant current without an end voltage",
                    allowed=_text(limits.voltage_V, "V"),
                )
            else:
                yield from _inside("limits.voltage_V", step.until_voltage_V, limits.voltage_V, "V")
        elif isinstance(step, ConstantVoltage):
            yield from _inside("limits.voltage_V", step.voltage_V, limits.voltage_V, "V")
        elif not isinstance(step, OpenCircuitVoltage):
            yield Refusal(
                limit="protocol",
                found=f"step {number}: {type(step).__name__}",
                allowed="constant current, constant voltage, rest, loop",
            )
    seconds = expected_s(protocol, capacity_Ah)
    if seconds > limits.duration_s:
        yield _at_most("limits.duration_s", seconds / 86400.0, limits.duration_s / 86400.0, "days")


def _one_of(limit: str, value: str, allowed: tuple[str, ...]) -> Iterator[Refusal]:
    if value not in allowed:
        yield Refusal(limit=limit, found=value, allowed=", ".join(allowed))


def _inside(
    limit: str, value: float, allowed: Range, unit: str, factor: float = 1.0
) -> Iterator[Refusal]:
    if not allowed.holds(value):
        found = f"{value * factor:.4g} {unit}".strip()
        yield Refusal(limit=limit, found=found, allowed=_text(allowed, unit, factor))


def _text(allowed: Range, unit: str, factor: float = 1.0) -> str:
    return f"{allowed.min * factor:.4g} to {allowed.max * factor:.4g} {unit}".strip()


def _at_most(limit: str, value: float, most: float, unit: str) -> Refusal:
    return Refusal(
        limit=limit,
        found=f"{value:.4g} {unit}".strip(),
        allowed=f"at most {most:.4g} {unit}".strip(),
    )
