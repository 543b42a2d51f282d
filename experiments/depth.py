"""What was measured at several depths of a coating, for electrodes that differ through it."""

from __future__ import annotations

from pydantic import Field, model_validator

from experiments.frozen import Frozen

Values = tuple[float, ...]


class DepthKnots(Frozen):
    """Properties at even depths, from the separator to the current collector, linear between.

    Each has the mean of the whole volume: fractions and areas the arithmetic one, transport the
    harmonic one, as layers in series have.
    """

    volume_fraction: dict[str, Values]
    pore_transport: Values
    """Deff/D0."""
    solid_transport: Values
    """In the unit of ``EffectiveProperties.solid_transport``."""
    interface_area_per_m: dict[str, Values] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_as_many_values_everywhere(self) -> DepthKnots:
        columns = (
            self.pore_transport,
            self.solid_transport,
            *self.volume_fraction.values(),
            *self.interface_area_per_m.values(),
        )
        if len({len(column) for column in columns}) != 1 or self.n_knots < 2:
            raise ValueError("every property needs the same number of knots, two or more")
        return self

    @property
    def n_knots(self) -> int:
        """Return how many depths there are."""
        return len(self.pore_transport)
