"""What a campaign may spend, and when it stops before that is spent."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, model_validator

from experiments.frozen import Frozen

CURRENCIES: Final = {
    "cpu_hours": "CPU hours",
    "gpu_hours": "GPU hours",
    "wall_hours": "hours of working time",
    "cells": "cells",
    "money_EUR": "EUR",
    "channel_days": "channel-days",
}
"""What may be limited beside evaluations, with what people call it."""


class Budget(Frozen):
    """What may be spent: evaluations by fidelity, or target equivalents by measured cost.

    The further limits hold together with either; the first one to be reached ends the campaign.
    """

    evaluations: dict[str, int] = Field(default_factory=dict)
    fine_equivalents: float | None = Field(default=None, gt=0)
    """Total cost in units of one target evaluation."""
    at_least: dict[str, int] = Field(default_factory=dict)
    cpu_hours: float | None = Field(default=None, gt=0)
    """Worker time of all jobs × CPUs they held."""
    gpu_hours: float | None = Field(default=None, gt=0)
    wall_hours: float | None = Field(default=None, gt=0)
    """Time that control worked on the campaign, over all sessions."""
    cells: int | None = Field(default=None, ge=0)
    """Real cells; a build of n cells takes n when it is approved."""
    money_EUR: float | None = Field(default=None, ge=0)
    """What builds cost; a build takes its price when it is approved."""
    channel_days: float | None = Field(default=None, ge=0)
    """Days of cycler channels; a build takes its own when it is approved."""

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

    @property
    def limits(self) -> dict[str, float]:
        """Return the further limits that are set, by currency."""
        named = {name: getattr(self, name) for name in CURRENCIES}
        return {name: limit for name, limit in named.items() if limit is not None}


class Stopping(Frozen):
    """When to stop before the budget is spent; rules that are not named never stop anything."""

    plateau_evaluations: int | None = Field(default=None, ge=2)
    """Stop after so many target evaluations in a row without an improvement."""
    expected_gain_below: float | None = Field(default=None, gt=0)
    """Stop when the most promising target evaluation is expected to gain less than this, in the
    objective's unit: the gain at which an evaluation is no longer worth its cost."""
    regret_below: float | None = Field(default=None, gt=0)
    """Stop when, with 95% probability, no design beats the best by more than this, in the
    objective's unit."""
    require: Literal["any", "all"] = "any"
    """Whether one of the rules named is enough."""

    @property
    def has_rules(self) -> bool:
        """Say whether anything but the budget can end the campaign."""
        rules = (self.plateau_evaluations, self.expected_gain_below, self.regret_below)
        return any(rule is not None for rule in rules)
