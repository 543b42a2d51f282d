"""What a cycler recorded of one cell, as columns in SI: what every reader returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.errors import Invalid

Column = NDArray[np.float64]


@dataclass(frozen=True)
class CyclingRecord:
    """Equal-length columns `n`; current is positive while charging."""

    time_s: Column
    voltage_V: Column
    current_A: Column
    step: NDArray[np.int64] | None = None
    """Number of the protocol's step as it ran, rising; None where the file does not say."""
    temperature_C: Column | None = None
    sample: str = ""
    """The name the cycler was given for the cell; empty where the file does not say."""

    @property
    def n_rows(self) -> int:
        """Return the number of rows."""
        return int(self.time_s.size)

    def require_whole(self) -> None:
        """Raise ``Invalid`` unless there are rows and every number is finite."""
        if self.n_rows < 2:
            raise Invalid(f"{self.n_rows} rows; allowed: at least 2", reason="empty")
        for name in ("time_s", "voltage_V", "current_A"):
            if not np.isfinite(getattr(self, name)).all():
                raise Invalid(f"{name} is not a number everywhere", reason="unreadable")

    def rows(self, chosen: Any) -> CyclingRecord:
        """Return some rows: a slice, indices or a mask."""
        return CyclingRecord(
            time_s=self.time_s[chosen],
            voltage_V=self.voltage_V[chosen],
            current_A=self.current_A[chosen],
            step=None if self.step is None else self.step[chosen],
            temperature_C=None if self.temperature_C is None else self.temperature_C[chosen],
            sample=self.sample,
        )
