"""A design space: what may be varied, within which bounds, and the unit cube behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from experiments.design import Design
from experiments.frozen import Frozen


class Continuous(Frozen):
    """A real parameter within [low, high]."""

    kind: Literal["continuous"] = "continuous"
    name: str
    low: float
    high: float

    @model_validator(mode="after")
    def _low_is_below_high(self) -> Continuous:
        if not self.low < self.high:
            raise ValueError(f"{self.name}: min {self.low:g} is not below max {self.high:g}")
        return self

    @property
    def n_unit(self) -> int:
        """Return how many unit-cube coordinates the parameter takes."""
        return 1

    def from_unit(self, u: Sequence[float]) -> dict[str, float | int | str]:
        """Map unit coordinates to values."""
        return {self.name: self.low + (self.high - self.low) * min(max(u[0], 0.0), 1.0)}

    def to_unit(self, design: Design) -> list[float]:
        """Map a design's value to its unit coordinate."""
        return [(float(design.values[self.name]) - self.low) / (self.high - self.low)]

    def contains(self, design: Design) -> bool:
        """Say whether the design's value lies within the bounds."""
        value = design.values.get(self.name)
        margin = 1e-9 * (self.high - self.low)
        return isinstance(value, (int, float)) and (
            self.low - margin <= value <= self.high + margin
        )


class Integer(Frozen):
    """A whole-number parameter within [low, high], both included."""

    kind: Literal["integer"] = "integer"
    name: str
    low: int
    high: int

    @model_validator(mode="after")
    def _low_is_below_high(self) -> Integer:
        if not self.low < self.high:
            raise ValueError(f"{self.name}: min {self.low} is not below max {self.high}")
        return self

    @property
    def n_unit(self) -> int:
        """Return how many unit-cube coordinates the parameter takes."""
        return 1

    def from_unit(self, u: Sequence[float]) -> dict[str, float | int | str]:
        """Map unit coordinates to values; each whole number owns an equal share."""
        n = self.high - self.low + 1
        return {self.name: self.low + min(int(max(u[0], 0.0) * n), n - 1)}

    def to_unit(self, design: Design) -> list[float]:
        """Map a design's value to the middle of its share."""
        return [(int(design.values[self.name]) - self.low + 0.5) / (self.high - self.low + 1)]

    def contains(self, design: Design) -> bool:
        """Say whether the design's value is one of the whole numbers."""
        value = design.values.get(self.name)
        return isinstance(value, int) and self.low <= value <= self.high


class Categorical(Frozen):
    """A parameter that takes one of several named values, without order."""

    kind: Literal["categorical"] = "categorical"
    name: str
    choices: tuple[str | float, ...] = Field(min_length=2)

    @property
    def n_unit(self) -> int:
        """Return how many unit-cube coordinates the parameter takes."""
        return 1

    def from_unit(self, u: Sequence[float]) -> dict[str, float | int | str]:
        """Map unit coordinates to a choice; each owns an equal share."""
        n = len(self.choices)
        return {self.name: self.choices[min(int(max(u[0], 0.0) * n), n - 1)]}

    def to_unit(self, design: Design) -> list[float]:
        """Map a design's choice to the middle of its share."""
        return [(self.choices.index(design.values[self.name]) + 0.5) / len(self.choices)]

    def contains(self, design: Design) -> bool:
        """Say whether the design's value is one of the choices."""
        return design.values.get(self.name) in self.choices


class Mixture(Frozen):
    """Parts of a whole: bounded values with a fixed sum (n parts, n − 1 unit coordinates)."""

    kind: Literal["mixture"] = "mixture"
    names: tuple[str, ...] = Field(min_length=2)
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    total: float = 100.0

    @model_validator(mode="after")
    def _bounds_admit_the_sum(self) -> Mixture:
        if not len(self.names) == len(self.lows) == len(self.highs):
            raise ValueError("a mixture needs one min and one max for each part")
        for name, low, high in zip(self.names, self.lows, self.highs, strict=True):
            if not 0 <= low <= high:
                raise ValueError(f"{name}: min {low:g} must be at least 0 and at most max {high:g}")
        if not math.fsum(self.lows) <= self.total <= math.fsum(self.highs):
            raise ValueError(
                f"the parts {', '.join(self.names)} can sum to {math.fsum(self.lows):g}…"
                f"{math.fsum(self.highs):g}, never to {self.total:g}"
            )
        return self

    @property
    def n_unit(self) -> int:
        """Return how many unit-cube coordinates the mixture takes."""
        return len(self.names) - 1

    def _range(self, i: int, left: float) -> tuple[float, float]:
        """Return the values part ``i`` may take when parts i… must sum to ``left``."""
        low = max(self.lows[i], left - math.fsum(self.highs[i + 1 :]))
        high = min(self.highs[i], left - math.fsum(self.lows[i + 1 :]))
        return low, max(low, high)

    def reachable_bounds(self) -> list[tuple[str, float, float]]:
        """Return (name, low, high) of every part, as far as the others leave room for it."""
        lows, highs = math.fsum(self.lows), math.fsum(self.highs)
        return [
            (name, max(low, self.total - (highs - high)), min(high, self.total - (lows - low)))
            for name, low, high in zip(self.names, self.lows, self.highs, strict=True)
        ]

    def from_unit(self, u: Sequence[float]) -> dict[str, float | int | str]:
        """Map unit coordinates to parts that respect bounds and sum, part after part."""
        left = self.total
        parts: dict[str, float | int | str] = {}
        for i, name in enumerate(self.names[:-1]):
            low, high = self._range(i, left)
            part = low + (high - low) * min(max(u[i], 0.0), 1.0)
            parts[name] = part
            left -= part
        parts[self.names[-1]] = left
        return parts

    def to_unit(self, design: Design) -> list[float]:
        """Map the parts to unit coordinates; a part without freedom gives 0.5."""
        left = self.total
        u = []
        for i, name in enumerate(self.names[:-1]):
            low, high = self._range(i, left)
            part = float(design.values[name])
            u.append((part - low) / (high - low) if high > low else 0.5)
            left -= part
        return u

    def contains(self, design: Design) -> bool:
        """Say whether all parts lie within their bounds and sum to the total."""
        parts = [design.values.get(name) for name in self.names]
        if not all(isinstance(part, (int, float)) for part in parts):
            return False
        numbers = [float(part) for part in parts if part is not None]
        margin = 1e-6 * self.total
        return abs(math.fsum(numbers) - self.total) <= margin and all(
            low - margin <= part <= high + margin
            for part, low, high in zip(numbers, self.lows, self.highs, strict=True)
        )


Parameter = Annotated[Continuous | Integer | Categorical | Mixture, Field(discriminator="kind")]


class DesignSpace(Frozen):
    """The varied parameters, and the values that stay fixed."""

    parameters: tuple[Parameter, ...] = Field(min_length=1)
    fixed: dict[str, float | int | str] = Field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all varied values, mixture parts included, in file order."""
        found: list[str] = []
        for parameter in self.parameters:
            found.extend(parameter.names if isinstance(parameter, Mixture) else (parameter.name,))
        return tuple(found)

    @property
    def n_unit(self) -> int:
        """Return the dimension of the unit cube."""
        return sum(parameter.n_unit for parameter in self.parameters)

    def from_unit(self, u: Sequence[float]) -> Design:
        """Return the design at unit-cube point ``u`` (length ``n_unit``, clipped to [0, 1])."""
        values: dict[str, float | int | str] = {}
        start = 0
        for parameter in self.parameters:
            values.update(parameter.from_unit(u[start : start + parameter.n_unit]))
            start += parameter.n_unit
        return Design(values=values)

    def to_unit(self, design: Design) -> list[float]:
        """Return the unit-cube point of a design that holds every varied name."""
        u: list[float] = []
        for parameter in self.parameters:
            u.extend(parameter.to_unit(design))
        return u

    def contains(self, design: Design) -> bool:
        """Say whether every varied value lies within its bounds."""
        return all(parameter.contains(design) for parameter in self.parameters)

    def at_bounds(self, design: Design, *, share: float = 0.01) -> dict[str, Literal["min", "max"]]:
        """Return which numeric values lie within ``share`` of their range from a bound."""
        found: dict[str, Literal["min", "max"]] = {}
        for name, low, high in self.numeric_bounds():
            value = float(design.values[name])
            if high <= low:
                continue  # a mixture's part without freedom
            if value - low <= share * (high - low):
                found[name] = "min"
            elif high - value <= share * (high - low):
                found[name] = "max"
        return found

    def numeric_bounds(self) -> list[tuple[str, float, float]]:
        """Return (name, low, high) of every varied number; a mixture's as far as its sum allows."""
        bounds: list[tuple[str, float, float]] = []
        for parameter in self.parameters:
            if isinstance(parameter, Mixture):
                bounds.extend(parameter.reachable_bounds())
            elif not isinstance(parameter, Categorical):
                bounds.append((parameter.name, parameter.low, parameter.high))
        return bounds
