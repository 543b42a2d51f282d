"""Cell performance: what a whole cell gives under one protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import Field

from experiments.frozen import Frozen

FEW_POINTS: Final = 64
"""Of a charge, and of a curve that is one among several: enough to draw, and to find
its energy within 0.1%."""
NO_CHARGE: Final = "no charge: "
"""How the note begins of a charge that failed, where no metric needed it."""


class DischargeCurve(Frozen):
    """A discharge as drawn: equal-length columns, sampled for plots (about 200 points)."""

    time_s: tuple[float, ...]
    voltage_V: tuple[float, ...]
    capacity_Ah: tuple[float, ...]
    power_W: float
    losses_V: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    """Where the voltage is lost: ohmic, kinetic and diffusion by electrode and electrolyte."""

    def thinned(self) -> DischargeCurve:
        """Return the curve with few points and six digits, without its losses."""
        kept = _spread(len(self.time_s))
        return DischargeCurve(
            time_s=_short(self.time_s, kept),
            voltage_V=_short(self.voltage_V, kept),
            capacity_Ah=_short(self.capacity_Ah, kept),
            power_W=self.power_W,
        )


class ChargeCurve(Frozen):
    """A fast charge as drawn: equal-length columns in the order of time."""

    time_s: tuple[float, ...]
    charged_share: tuple[float, ...]
    voltage_V: tuple[float, ...]
    c_rate_per_h: tuple[float, ...]
    """Positive while charging."""
    plating_margin_V: tuple[float, ...]
    """The negative's lowest potential against lithium; below 0 lithium plates."""
    kept_margin_V: float
    """The margin that the charge slows down for."""

    @property
    def lowest_margin_V(self) -> float:
        """Return how near the whole charge came to plating."""
        return min(self.plating_margin_V)

    def thinned(self) -> ChargeCurve:
        """Return the curve with few points and six digits, its lowest margin among them."""
        lowest = self.plating_margin_V.index(self.lowest_margin_V)
        kept = sorted({*_spread(len(self.time_s)), lowest})
        return ChargeCurve(
            time_s=_short(self.time_s, kept),
            charged_share=_short(self.charged_share, kept),
            voltage_V=_short(self.voltage_V, kept),
            c_rate_per_h=_short(self.c_rate_per_h, kept),
            plating_margin_V=_short(self.plating_margin_V, kept),
            kept_margin_V=self.kept_margin_V,
        )


class VolumeCurves(Frozen):
    """The thinned curves of single random volumes: how far structures of one recipe scatter."""

    discharges: tuple[DischargeCurve, ...] = ()
    charges: tuple[ChargeCurve, ...] = ()


class DepthProfiles(Frozen):
    """What stands at every depth at some moments; positions run from the negative's collector.

    Values are by moment, then by position.
    """

    time_s: tuple[float, ...]
    position_m: tuple[float, ...]
    electrolyte_mol_per_m3: tuple[tuple[float, ...], ...]
    negative_position_m: tuple[float, ...]
    negative_stoichiometry: tuple[tuple[float, ...], ...]
    """At the surface of the particles."""
    positive_position_m: tuple[float, ...]
    positive_stoichiometry: tuple[tuple[float, ...], ...]


class CellPerformance(Frozen):
    """Metrics of one cell (names from ``experiments.metrics``) under one protocol."""

    metrics: dict[str, float]
    undefined: dict[str, str] = Field(default_factory=dict)
    """Metric → why it has no value here."""
    bias: dict[str, float] = Field(default_factory=dict)
    """Metric → estimated mesh and tolerance error, in the metric's unit."""
    termination: str
    """What ended the discharge, e.g. ``minimum voltage`` or ``electrolyte depleted``."""
    flags: tuple[str, ...] = ()
    curve: DischargeCurve | None = None
    charge: ChargeCurve | None = None
    """Thinned, where a metric of the fast charge was asked for."""
    profiles: DepthProfiles | None = None
    fallbacks: tuple[str, ...] = ()
    elapsed_s: float = Field(default=0.0, ge=0)


def _spread(n: int) -> list[int]:
    """Return at most ``FEW_POINTS`` places of n, evenly spread, both ends among them."""
    if n <= FEW_POINTS:
        return list(range(n))
    return [round(k * (n - 1) / (FEW_POINTS - 1)) for k in range(FEW_POINTS)]


def _short(values: Sequence[float], kept: Sequence[int]) -> tuple[float, ...]:
    return tuple(float(f"{values[n]:.6g}") for n in kept)
