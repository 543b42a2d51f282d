"""Why a build needs two approvers: its campaign's thresholds, and what of the build is above."""

from __future__ import annotations

from collections.abc import Iterator

from controller.bench_view import voltage_window
from controller.quantity import three
from experiments.campaign import Campaign
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
    window = voltage_window(request)
    if window is not None and _is_above(window[1], limits.voltage_V_above):
        yield _words("its cells are charged to", window[1], "V", limits.voltage_V_above)
    if _is_above(request.cell.temperature_C, limits.temperature_C_above):
        at = request.cell.temperature_C
        yield _words("its cells are tested at", at, "°C", limits.temperature_C_above)
    if limits.energy_Wh_above is not None:
        from instruments.coating_plan import coating_plan

        plan = coating_plan(request)
        stored = request.n_cells * plan.cell_capacity_Ah * plan.mean_voltage_V
        if _is_above(stored, limits.energy_Wh_above):
            yield _words("its cells store", stored, "Wh", limits.energy_Wh_above)
    if limits.outside_training_range and proposal.is_inside_data is not True:
        known = "lies outside" if proposal.is_inside_data is False else "may lie outside"
        yield f"it {known} the range the model was trained in"


def _is_above(value: float, threshold: float | None) -> bool:
    return threshold is not None and value > threshold


def _words(text: str, value: float, unit: str, threshold: float | None) -> str:
    return f"{text} {three(value)} {unit}, above {three(threshold)} {unit}"
