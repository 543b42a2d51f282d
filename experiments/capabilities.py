"""What an instrument can make and where its limits are, and what a refusal says."""

from __future__ import annotations

from pydantic import Field, model_validator

from experiments.frozen import Frozen


class Range(Frozen):
    """A closed interval, in the unit of the name it stands under."""

    min: float
    max: float

    @model_validator(mode="after")
    def _ends_are_in_order(self) -> Range:
        if self.min > self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}")
        return self

    def holds(self, value: float) -> bool:
        """Say whether the value lies inside, the ends included."""
        return self.min <= value <= self.max


class Limits(Frozen):
    """Hard limits: a build outside any of them is never started."""

    thickness_m: Range
    """Of one coated side, after calendering."""
    loading_kg_per_m2: Range
    """Dry coating of one side."""
    porosity: Range
    voltage_V: Range
    """Of every cell, at every step."""
    current_A: float = Field(gt=0)
    """Largest magnitude, of one cell."""
    temperature_C: Range
    duration_s: float = Field(default=90 * 86400.0, gt=0)
    """Longest protocol."""


class Capabilities(Frozen):
    """What an instrument says of itself; ``limits`` hold whatever a caller says."""

    instrument: str
    is_simulated: bool = False
    chemistries: tuple[str, ...] = Field(min_length=1)
    """Active materials of the positive that it can coat."""
    formats: tuple[str, ...] = Field(min_length=1)
    limits: Limits
    max_cells: int = Field(default=16, ge=1)
    """Of one build."""
    stock: dict[str, float] = Field(default_factory=dict)
    """Material → kilograms, and ``cells`` → housings in the cupboard; what is absent is not
    limited."""


class Refusal(Frozen):
    """One limit that a build would cross."""

    limit: str
    """Dotted name within ``Capabilities``, as ``limits.thickness_m``."""
    found: str
    allowed: str

    def __str__(self) -> str:
        """Return the refusal as one line."""
        return f"{self.limit}: {self.found}; allowed: {self.allowed}"
