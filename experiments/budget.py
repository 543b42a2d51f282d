"""What a campaign may spend, and when it stops before that is spent."""

from __future__ import annotations

from pydantic import Field, model_validator

from experiments.frozen import Frozen


class Budget(Frozen):
    """What may be spent: evaluations by fidelity, or target equivalents by measured cost."""

    evaluations: dict[str, int] = Field(default_factory=dict)
    fine_equivalents: float | None = Field(default=None, gt=0)
    """Total cost in units of one target evaluation."""
    at_least: dict[str, int] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_kind(self) -> Budget:
        if bool(self.evaluations) == (self.fine_equivalents is not None):
            raise ValueError("give either evaluations or fine_equivalents")
        for name, n in (*self.evaluations.items(), *self.at_least.items()):
            if n < 0:
                raise ValueError(f"{name}: {n} evaluations; must be 0 or more")
        for name, n in self.at_least.items() if self.evaluations else ():
            if n > self.evaluations.get(name, 0):
                raise ValueError(
                    f"at_least wants {n} evaluations of {name}; there are "
                    f"{self.evaluations.get(name, 0)}"
                )
        return self


class Stopping(Frozen):
    """When to stop before the budget is spent."""

    plateau_evaluations: int | None = Field(default=None, ge=2)
    """Stop after so many target evaluations in a row without an improvement."""
