"""The administrator's own limits on an instrument, kept in the adapter whatever the lab says."""

from __future__ import annotations

from pydantic import Field

from experiments.build import BuildPayload
from experiments.capabilities import Capabilities, Limits, Range
from experiments.errors import Invalid
from experiments.frozen import Frozen
from instruments.limits import require_within

_RANGES = ("thickness_m", "loading_kg_per_m2", "porosity", "voltage_V", "temperature_C")
_MOSTS = ("current_A", "duration_s")


class HardLimits(Frozen):
    """What may never be exceeded. Defaults: where lithium-ion laboratory cells become dangerous.

    Assumed: 4.5 V is above every usual charge limit of layered oxides, 60 °C is where the anode's
    passivation begins to decompose, 1 A is far above what a coin or single-layer cell needs.
    """

    thickness_m: Range = Range(min=1e-6, max=1e-3)
    loading_kg_per_m2: Range = Range(min=1e-3, max=1.0)
    porosity: Range = Range(min=0.05, max=0.9)
    voltage_V: Range = Range(min=1.0, max=4.5)
    current_A: float = Field(default=1.0, gt=0)
    temperature_C: Range = Range(min=-20.0, max=60.0)
    duration_s: float = Field(default=400 * 86400.0, gt=0)
    max_cells: int = Field(default=96, ge=1)
    formats: tuple[str, ...] = ("coin", "single-layer-pouch")
    """Whole cells of kilowatt hours are not built by a laboratory's adapter."""

    @property
    def limits(self) -> Limits:
        """Return the limits in the instruments' own words."""
        values = {name: getattr(self, name) for name in (*_RANGES, *_MOSTS)}
        return Limits.model_validate(values)

    def require(self, payload: BuildPayload, instrument: str) -> None:
        """Raise ``Unsafe`` naming every hard limit that a build would cross."""
        offer = Capabilities(
            instrument=f"{instrument} (hard limits)",
            chemistries=(payload.request.recipe.positive.active_material,),
            formats=self.formats,
            limits=self.limits,
            max_cells=self.max_cells,
        )
        require_within(payload, offer)

    def narrowed(self, told: Capabilities) -> Capabilities:
        """Return capabilities no wider than the hard limits.

        Raises ``Invalid`` where nothing is left of a range.
        """
        changes: dict[str, object] = {}
        for name in _RANGES:
            own, theirs = getattr(self, name), getattr(told.limits, name)
            if max(own.min, theirs.min) > min(own.max, theirs.max):
                raise Invalid(
                    f"limits.{name}: {told.instrument} allows {theirs.min:g} to {theirs.max:g}, "
                    f"the administrator {own.min:g} to {own.max:g}: nothing is left"
                )
            changes[name] = Range(min=max(own.min, theirs.min), max=min(own.max, theirs.max))
        for name in _MOSTS:
            changes[name] = min(getattr(self, name), getattr(told.limits, name))
        return told.model_copy(
            update={
                "limits": told.limits.model_copy(update=changes),
                "max_cells": min(self.max_cells, told.max_cells),
                "formats": tuple(f for f in told.formats if f in self.formats),
            }
        )
