"""An electrode's architecture: what changes through its thickness, and channels cut into it."""

from __future__ import annotations

from pydantic import Field, field_validator, model_validator

from experiments.frozen import Frozen

Knots = tuple[tuple[float, float], ...]
"""(depth, value) pairs; depth runs from 0 at the separator to 1 at the current collector."""


class Architecture(Frozen):
    """How a coating differs from a uniform one of the same masses.

    Profiles say how porosity and particle size vary; their level is set so that the coating keeps
    the recipe's active mass. A graded coating is generated over its whole thickness.
    """

    porosity_difference: float = Field(default=0.0, gt=-1, lt=1)
    """Porosity at the collector minus that at the separator."""
    size_ratio: float = Field(default=1.0, ge=0.2, le=5)
    """Median particle diameter at the collector over that at the separator."""
    layer_boundary: float | None = Field(default=None, gt=0, lt=1)
    """Depth at which two layers meet; None changes linearly instead."""
    porosity_knots: Knots = ()
    """Free-form porosity profile; replaces ``porosity_difference``."""
    size_knots: Knots = ()
    """Free-form profile of median diameter over ``particle_d50_m``; replaces ``size_ratio``."""
    channel_diameter_m: float | None = Field(default=None, gt=1e-7, lt=1e-3)
    """Diameter at the separator of channels through the coating, as a laser cuts them."""
    channel_pitch_m: float | None = Field(default=None, gt=1e-7, lt=1e-2)
    """Distance between neighbouring channels, on a square grid."""
    channel_taper: float = Field(default=1.0, ge=0, le=1)
    """Diameter at the channel's end over that at the separator."""
    channel_depth: float = Field(default=1.0, gt=0, le=1)
    """Share of the thickness that channels reach from the separator."""
    channel_branchings: int = Field(default=0, ge=0, le=3)
    """How often every channel parts in four on its way; cross-sections add up to the trunk's."""

    @field_validator("porosity_knots", "size_knots")
    @classmethod
    def _knots_go_from_0_to_1(cls, knots: Knots) -> Knots:
        depths = [depth for depth, _ in knots]
        if knots and (
            len(knots) < 2 or depths[0] != 0.0 or depths[-1] != 1.0 or depths != sorted(depths)
        ):
            raise ValueError(f"depths must rise from 0 to 1; found {depths}")
        if any(value <= 0.0 for _, value in knots):
            raise ValueError("every value must be above 0")
        return knots

    @model_validator(mode="after")
    def _channels_are_whole(self) -> Architecture:
        given = [self.channel_diameter_m, self.channel_pitch_m]
        if any(value is None for value in given) and any(value is not None for value in given):
            raise ValueError("give both channel_diameter_m and channel_pitch_m, or neither")
        if (
            self.channel_diameter_m is not None
            and self.channel_pitch_m is not None
            and self.channel_diameter_m >= self.channel_pitch_m
        ):
            raise ValueError(
                f"channel_diameter_m {self.channel_diameter_m:g} must be below channel_pitch_m "
                f"{self.channel_pitch_m:g}"
            )
        return self
