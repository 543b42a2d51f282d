"""What a cell showed on the cycler: figures of its discharges and signs of trouble."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from experiments.frozen import Frozen


class MeasuredDischarge(Frozen):
    """One discharge as it was recorded."""

    current_A: float = Field(gt=0)
    """Mean magnitude."""
    capacity_Ah: float = Field(ge=0)
    energy_Wh: float = Field(ge=0)
    mean_power_W_per_m2: float = Field(ge=0)
    """Of coated area: what a model's areal power is compared with."""
    energy_Wh_per_m2: float = Field(ge=0)
    is_complete: bool
    """Ended at the protocol's lower voltage."""


class CyclingMetrics(Frozen):
    """Figures of one cell; None where its record does not show them yet."""

    discharges: tuple[MeasuredDischarge, ...] = ()
    capacity_Ah: float | None = None
    """Of the gentlest complete discharge."""
    coulombic_efficiency: float | None = None
    """Last complete discharge over the charge before it."""
    energy_efficiency: float | None = None
    resistance_Ohm: float | None = None
    """Voltage lost over current, 10 s after a discharge begins from rest."""
    fade_per_cycle: float | None = None
    """Share of capacity lost from one discharge to the next alike one; needs three of them."""
    plating_signs: tuple[str, ...] = ()
    is_partial: bool = False


class Intake(Frozen):
    """What became of one result file."""

    sha256: str
    name: str
    build_id: str
    cell: int | None
    outcome: Literal["accepted", "partial", "duplicate", "late", "quarantined", "failed_cell"]
    """``failed_cell``: a whole file of a cell that the lab itself calls no good."""
    reason: str | None = None
    """Of a quarantine, in one word: ``unreadable``, ``hostile``, ``units``, ``time``,
    ``capacity``, ``protocol``, ``wrong_build`` …"""
    message: str = ""
    kind: str | None = None
    """Format of the file."""
    n_rows: int = 0
    metrics: CyclingMetrics | None = None
