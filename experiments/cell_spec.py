"""The cell of a campaign: its format and parameter set, and what it may be charged and aged by."""

from __future__ import annotations

from pydantic import Field, model_validator

from experiments.frozen import Frozen


class FastChargeSpec(Frozen):
    """A charge as fast as current, voltage and lithium plating allow."""

    from_share: float = Field(default=0.1, ge=0, lt=1)
    to_share: float = Field(default=0.8, gt=0, le=1)
    limit_per_h: float = Field(default=4.0, gt=0, le=20)
    """Largest current, as a C-rate."""
    plating_margin_V: float = Field(default=0.0, ge=-0.1, le=0.2)
    """Lowest potential of the negative against lithium."""

    @model_validator(mode="after")
    def _shares_rise(self) -> FastChargeSpec:
        if not self.from_share < self.to_share:
            raise ValueError(
                f"from_share {self.from_share:g} must be below to_share {self.to_share:g}"
            )
        return self


class AgeingSpec(Frozen):
    """Cycles of a constant-current, constant-voltage charge and a constant-current discharge."""

    charge_rate_per_h: float = Field(default=0.5, gt=0, le=10)
    discharge_rate_per_h: float = Field(default=1.0, gt=0, le=10)
    end_share: float = Field(default=0.8, gt=0.2, lt=1)
    """The end: a discharge below this share of the first one's charge."""
    max_cycles: int = Field(default=10_000, ge=2, le=100_000)
    sei: bool = True
    plating: bool = True
    active_loss: bool = True


class CellSpec(Frozen):
    """Which cell the electrodes go into, and whose parameters describe the materials."""

    format: str = "4680"
    parameter_set: str = "Chen2020"
    """One of PyBaMM's sets that are checked here, or the path of a BPX file (.json)."""
    parameter_set_sha256: str | None = None
    """Of a BPX file, taken when the campaign file is read; None for a set known by name."""
    temperature_C: float = Field(default=25.0, ge=-40, le=80)
    """Of the surroundings, and of the cell at the start."""
    cooling_W_per_m2_K: float | None = Field(default=None, ge=0, le=1e5)
    """Heat transfer from the cell's surface; None keeps the cell at ``temperature_C``."""
    fast_charge: FastChargeSpec = FastChargeSpec()
    ageing: AgeingSpec = AgeingSpec()
