"""Cell performance: what a whole cell gives under one protocol."""

from __future__ import annotations

from pydantic import Field

from experiments.frozen import Frozen


class DischargeCurve(Frozen):
    """A discharge as drawn: equal-length columns, sampled for plots (about 200 points)."""

    time_s: tuple[float, ...]
    voltage_V: tuple[float, ...]
    capacity_Ah: tuple[float, ...]
    power_W: float
    losses_V: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    """Where the voltage is lost: ohmic, kinetic and diffusion by electrode and electrolyte."""


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
    profiles: DepthProfiles | None = None
    fallbacks: tuple[str, ...] = ()
    elapsed_s: float = Field(default=0.0, ge=0)
