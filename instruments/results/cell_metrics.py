"""Figures of a cell from what its cycler recorded."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from experiments.cycling_metrics import CyclingMetrics, MeasuredDischarge
from instruments.results.cycling_record import CyclingRecord
from instruments.results.half_cycles import HalfCycle, half_cycles

PULSE_S: Final = 10.0
"""When the voltage lost on a current step is read; a usual choice for direct-current resistance."""
END_V: Final = 0.03
"""How near the lower voltage a complete discharge ends. Assumed: a channel's sampling."""
ALIKE: Final = 0.02
"""Currents that differ by less count as the same rate."""


def cell_metrics(
    record: CyclingRecord, *, area_m2: float, minimum_V: float, is_partial: bool = False
) -> CyclingMetrics:
    """Return the figures that a record shows; ``minimum_V`` ends a complete discharge."""
    halves = half_cycles(record)
    falls = [half for half in halves if half.sign < 0 and half.duration_s > 0.0]
    discharges = tuple(_discharge(half, area_m2, minimum_V) for half in falls)
    complete = [d for d in discharges if d.is_complete]
    gentlest = min(complete, key=lambda d: d.current_A, default=None)
    coulombic, energetic = _efficiencies(halves, minimum_V)
    return CyclingMetrics(
        discharges=discharges,
        capacity_Ah=None if gentlest is None else gentlest.capacity_Ah,
        coulombic_efficiency=coulombic,
        energy_efficiency=energetic,
        resistance_Ohm=_resistance_Ohm(halves),
        fade_per_cycle=_fade_per_cycle(complete),
        plating_signs=tuple(_plating_signs(halves)),
        is_partial=is_partial,
    )


def _discharge(half: HalfCycle, area_m2: float, minimum_V: float) -> MeasuredDischarge:
    return MeasuredDischarge(
        current_A=float(np.abs(half.record.current_A).mean()),
        capacity_Ah=half.charge_Ah,
        energy_Wh=half.energy_Wh,
        mean_power_W_per_m2=3600.0 * half.energy_Wh / half.duration_s / area_m2,
        energy_Wh_per_m2=half.energy_Wh / area_m2,
        is_complete=_is_complete(half, minimum_V),
    )


def _is_complete(half: HalfCycle, minimum_V: float) -> bool:
    return float(half.record.voltage_V[-1]) <= minimum_V + END_V


def _efficiencies(halves: list[HalfCycle], minimum_V: float) -> tuple[float | None, float | None]:
    """Return the last complete discharge over the charge before it: coulombic, energetic."""
    moving = [half for half in halves if half.sign != 0]
    for before, after in reversed(list(pairwise(moving))):
        is_pair = before.sign > 0 and after.sign < 0 and before.charge_Ah > 0.0
        if is_pair and _is_complete(after, minimum_V):
            return after.charge_Ah / before.charge_Ah, after.energy_Wh / before.energy_Wh
    return None, None


def _resistance_Ohm(halves: list[HalfCycle]) -> float | None:
    """Return the resistance at the first discharge that begins from rest."""
    for before, after in pairwise(halves):
        if before.sign != 0 or after.sign >= 0 or after.duration_s < PULSE_S:
            continue
        at_s = after.record.time_s[0] + PULSE_S
        voltage_V = float(np.interp(at_s, after.record.time_s, after.record.voltage_V))
        current_A = float(np.interp(at_s, after.record.time_s, after.record.current_A))
        return (float(before.record.voltage_V[-1]) - voltage_V) / -current_A
    return None


def _fade_per_cycle(complete: list[MeasuredDischarge]) -> float | None:
    """Return the slope of capacity over alike discharges, as a share of the first one's."""
    if not complete:
        return None
    last = complete[-1].current_A
    alike = [d.capacity_Ah for d in complete if abs(d.current_A / last - 1.0) < ALIKE]
    if len(alike) < 3 or alike[0] <= 0.0:
        return None
    slope = float(np.polyfit(np.arange(len(alike)), alike, 1)[0])
    return -slope / alike[0]


def _plating_signs(halves: list[HalfCycle]) -> list[str]:
    """Return rests after a charge whose voltage falls faster again after it had slowed down.

    Stripping of plated lithium delays the relaxation: a minimum of |dU/dt| inside the rest.
    Petzl and Danzer 2014, J. Power Sources 254, 80. Rise that counts (1.5 times) and grid of 25
    points: assumed.
    """
    found = []
    n_charges = 0
    for before, after in pairwise(halves):
        n_charges += before.sign > 0
        if before.sign <= 0 or after.sign != 0 or after.record.n_rows < 25:
            continue
        time_s = after.record.time_s - after.record.time_s[0]
        grid_s = np.linspace(0.02 * time_s[-1], time_s[-1], 25)
        fall = -np.gradient(np.interp(grid_s, time_s, after.record.voltage_V), grid_s)[1:-1]
        low = int(np.argmin(fall[: fall.size // 2 + 1]))
        noise = 2e-4 / (grid_s[1] - grid_s[0])
        later = float(fall[low:].max())
        if low > 0 and fall[low] >= 0.0 and later > 1.5 * fall[low] + noise:
            found.append(f"charge {n_charges}: the relaxation after it speeds up again")
    return found
