"""What a request means at the bench: loading, masses, currents and limits to check."""

from __future__ import annotations

from dataclasses import dataclass

from aurora_unicycler import ConstantCurrent, ConstantVoltage

from controller.quantity import three
from experiments.build import BuildRequest
from experiments.errors import CellwrightError


@dataclass(frozen=True)
class BenchView:
    """Rows of name and words; and why there are none, where the recipe makes no cell."""

    takes: tuple[tuple[str, str], ...]
    safety: tuple[tuple[str, str], ...]
    problem: str | None = None


def bench_view(request: BuildRequest) -> BenchView:
    """Return what the coating takes and what the cells are put through; imports the cell model."""
    from instruments.coating_plan import coating_plan

    safety = (
        ("N/P", three(request.recipe.negative.n_to_p_ratio)),
        ("voltage window", _window(request)),
        ("surroundings", f"{request.cell.temperature_C:g} °C"),
        ("cells", f"{request.n_cells} of format {request.cell.format}"),
    )
    try:
        plan = coating_plan(request)
        capacity_Ah = plan.cell_capacity_Ah
        masses = tuple((name, f"{three(1e3 * kg)} g") for name, kg in plan.material_kg.items())
        loading = f"{three(1e2 * plan.loading_kg_per_m2)} mg/cm²"
        currents = _largest(request, capacity_Ah)
    except (CellwrightError, ValueError) as error:
        return BenchView((), safety, f"the recipe makes no cell: {error}")
    takes = (
        *masses,
        ("sheet to coat", f"{three(1e4 * plan.sheet_m2)} cm²"),
    )
    more = (
        ("loading", loading),
        ("capacity of a cell", f"{three(1e3 * capacity_Ah)} mAh"),
        ("largest current", currents),
    )
    return BenchView(takes, (*safety, *more))


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


def _window(request: BuildRequest) -> str:
    found = voltage_window(request)
    return "none in the protocol" if found is None else f"{found[0]:g} to {found[1]:g} V"


def _largest(request: BuildRequest, capacity_Ah: float) -> str:
    """Return the largest current of the protocol, with its C-rate."""
    from instruments.coating_plan import current_A

    steps = [one for one in request.protocol.method if isinstance(one, ConstantCurrent)]
    amperes = max((abs(current_A(one, capacity_Ah)) for one in steps), default=0.0)
    return f"{three(1e3 * amperes)} mA ({three(amperes / capacity_Ah)}C)"
