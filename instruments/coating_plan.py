"""What a request comes to at the bench: loading, cell capacity, currents and masses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aurora_unicycler import ConstantCurrent, ConstantVoltage, Loop, OpenCircuitVoltage, Tag
from aurora_unicycler import CyclingProtocol as Protocol

from experiments.build import BuildRequest
from simulators.cell.sizing import SizedCell, size_cell

MIXING_LOSS: Final = 1.5
"""Slurry mixed over slurry coated. Assumed: what stays in the cup and on the blade."""
SHEET_SHARE: Final = 0.4
"""Share of a coated sheet that becomes discs. Assumed: edges, gaps between punches."""
MOST_STEPS: Final = 20_000
"""A protocol with more steps, loops written out, is refused."""
HOLD_S: Final = 3600.0
"""How long a voltage hold without a time is expected to take. Assumed."""


@dataclass(frozen=True)
class CoatingPlan:
    """The coating and its cells, before anything is made."""

    request: BuildRequest
    sized: SizedCell

    @property
    def loading_kg_per_m2(self) -> float:
        """Return the dry mass of one coated side."""
        return self.sized.composition.areal_mass_kg_per_m2

    @property
    def cell_capacity_Ah(self) -> float:
        """Return the reversible capacity of one cell: what 1C means here."""
        return self.sized.areal_capacity_Ah_per_m2 * self.sized.whole.coated_area_m2

    @property
    def mean_voltage_V(self) -> float:
        """Return the equilibrium mean voltage, which turns a current into watts."""
        return self.sized.balance.mean_voltage_V

    @property
    def sheet_m2(self) -> float:
        """Return the area to coat for all cells of the build."""
        return self.request.n_cells * self.sized.whole.coated_area_m2 / SHEET_SHARE

    @property
    def dry_batch_kg(self) -> float:
        """Return the dry mass of the slurry to mix for the sheet."""
        return self.sheet_m2 * self.loading_kg_per_m2 * MIXING_LOSS

    @property
    def material_kg(self) -> dict[str, float]:
        """Return what the batch takes, by the material's name."""
        positive = self.request.recipe.positive
        return {
            positive.active_material: self.dry_batch_kg * positive.active_wt_pct / 100.0,
            "binder": self.dry_batch_kg * positive.binder_wt_pct / 100.0,
            "carbon": self.dry_batch_kg * positive.carbon_wt_pct / 100.0,
        }


def coating_plan(request: BuildRequest) -> CoatingPlan:
    """Return the plan of a request. Raises ``Invalid`` and ``DesignFailed`` as ``size_cell``."""
    return CoatingPlan(request=request, sized=size_cell(request.cell, request.recipe))


def current_A(step: ConstantCurrent, capacity_Ah: float) -> float:
    """Return the signed current of a step; rates are of the cell's own capacity."""
    if step.current_mA is not None:
        return float(step.current_mA) / 1e3
    return float(step.rate_C or 0.0) * capacity_Ah


def unrolled(protocol: Protocol, most: int = MOST_STEPS) -> list[object]:
    """Return the steps as they run, loops written out; at most ``most`` of them."""
    method = list(protocol.method)
    tags = {step.tag: index for index, step in enumerate(method) if isinstance(step, Tag)}
    left: dict[int, int] = {}
    found: list[object] = []
    index = 0
    while index < len(method) and len(found) < most:
        step = method[index]
        if isinstance(step, Loop):
            goal = tags[step.loop_to] if isinstance(step.loop_to, str) else step.loop_to - 1
            left[index] = left.get(index, step.cycle_count) - 1
            if left[index] > 0:
                index = goal
                continue
            del left[index]
        elif not isinstance(step, Tag):
            found.append(step)
        index += 1
    return found


def expected_s(protocol: Protocol, capacity_Ah: float) -> float:
    """Return about how long a protocol runs: whole charges at each rate, or the stated time."""
    total_s = 0.0
    for step in unrolled(protocol):
        if isinstance(step, ConstantCurrent):
            amperes = abs(current_A(step, capacity_Ah))
            full_s = 3600.0 * capacity_Ah / amperes if amperes > 0.0 else float("inf")
            total_s += min(full_s, float(step.until_time_s or float("inf")))
        elif isinstance(step, ConstantVoltage):
            total_s += float(step.until_time_s or HOLD_S)
        elif isinstance(step, OpenCircuitVoltage):
            total_s += float(step.until_time_s)
    return total_s
