"""Why a build needs two approvers: its campaign's thresholds, and what of the build is above.

What cannot be known is no lower than any threshold.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from aurora_unicycler import (
    ConstantCurrent,
    ConstantVoltage,
    Loop,
    OpenCircuitVoltage,
    Tag,
    VoltageScan,
)

from controller.quantity import three
from experiments.build import BuildRequest
from experiments.campaign import Campaign
from experiments.errors import CellwrightError
from experiments.proposal import Proposal
from experiments.two_approvers import TwoApprovers


def reasons_for_two(campaign: Campaign, proposal: Proposal) -> tuple[str, ...]:
    """Return why a build needs two approvers; nothing where one is enough."""
    limits = campaign.approval.two_approvers
    return () if limits is None else tuple(_reasons(limits, proposal))


def _reasons(limits: TwoApprovers, proposal: Proposal) -> Iterator[str]:
    request = proposal.request
    if _is_above(proposal.cost_EUR, limits.cost_EUR_above):
        yield _words("it costs", proposal.cost_EUR, "EUR", limits.cost_EUR_above)
    if limits.voltage_V_above is not None:
        volts = _charged_to_V(request)
        if volts is None:
            yield "its charging voltage is not known"
        elif _is_above(volts, limits.voltage_V_above):
            yield _words("its cells are charged to", volts, "V", limits.voltage_V_above)
    if _is_above(request.cell.temperature_C, limits.temperature_C_above):
        at = request.cell.temperature_C
        yield _words("its cells are tested at", at, "°C", limits.temperature_C_above)
    if limits.energy_Wh_above is not None:
        stored = _stored_Wh(request)
        if stored is None:
            yield "its stored energy cannot be worked out"
        elif _is_above(stored, limits.energy_Wh_above):
            yield _words("its cells store", stored, "Wh", limits.energy_Wh_above)
    if limits.outside_training_range and proposal.is_inside_data is not True:
        known = "lies outside" if proposal.is_inside_data is False else "may lie outside"
        yield f"it {known} the range the model was trained in"


def _charged_to_V(request: BuildRequest) -> float | None:
    """Return the highest voltage of a protocol; None where a step may charge to any, or none does.

    Which step holds the highest does not matter, and so neither do loops.
    """
    found: list[float] = []
    for step in request.protocol.method:
        match step:
            case ConstantCurrent(until_voltage_V=None):
                if (step.rate_C or step.current_mA or 0.0) > 0.0:
                    return None
            case ConstantCurrent(until_voltage_V=volts) | ConstantVoltage(voltage_V=volts):
                found.append(float(volts))
            case VoltageScan(start_voltage_V=start, end_voltage_V=end):
                found += [float(start), float(end)]
            case OpenCircuitVoltage() | Loop() | Tag():
                pass
            case _:
                return None
    return max(found, default=None)


def _stored_Wh(request: BuildRequest) -> float | None:
    """Return what all cells store together when full; None where the recipe makes no cell."""
    from instruments.coating_plan import coating_plan

    try:
        plan = coating_plan(request)
        stored = request.n_cells * plan.cell_capacity_Ah * plan.mean_voltage_V
    except (CellwrightError, ValueError):
        return None
    return stored if isfinite(stored) else None


def _is_above(value: float, threshold: float | None) -> bool:
    return threshold is not None and value > threshold


def _words(text: str, value: float, unit: str, threshold: float | None) -> str:
    return f"{text} {three(value)} {unit}, above {three(threshold)} {unit}"
