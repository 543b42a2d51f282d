"""From where on one approval is not enough: thresholds that a campaign sets for its builds."""

from __future__ import annotations

from pydantic import Field, model_validator

from experiments.frozen import Frozen


class TwoApprovers(Frozen):
    """What is above any of these needs two people; what is absent sets no threshold."""

    cost_EUR_above: float | None = Field(default=None, ge=0)
    """Of the whole build."""
    voltage_V_above: float | None = Field(default=None, gt=0, le=10)
    """The highest that a cell is charged to."""
    temperature_C_above: float | None = Field(default=None, ge=-50, le=200)
    """Of the surroundings of the test."""
    energy_Wh_above: float | None = Field(default=None, ge=0)
    """Stored in all cells of the build together, when full."""
    outside_training_range: bool = False
    """Where the model extrapolates, and where nobody knows whether it does."""

    @model_validator(mode="after")
    def _sets_a_threshold(self) -> TwoApprovers:
        if self == TwoApprovers.model_construct():
            raise ValueError(f"sets no threshold; allowed: {', '.join(TwoApprovers.model_fields)}")
        return self
