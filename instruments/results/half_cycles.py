"""Cut a record into charges, discharges and rests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from instruments.results.cycling_record import CyclingRecord

REST_SHARE: Final = 0.005
"""Below this share of the largest current a cell counts as resting. Assumed: holds end at C/20."""


@dataclass(frozen=True)
class HalfCycle:
    """Consecutive rows with current in one direction: 1 charge, -1 discharge, 0 rest."""

    sign: int
    record: CyclingRecord

    @property
    def charge_Ah(self) -> float:
        """Return the charge passed, at least 0."""
        return abs(float(np.trapezoid(self.record.current_A, self.record.time_s))) / 3600.0

    @property
    def energy_Wh(self) -> float:
        """Return the energy passed, at least 0."""
        power_W = self.record.current_A * self.record.voltage_V
        return abs(float(np.trapezoid(power_W, self.record.time_s))) / 3600.0

    @property
    def duration_s(self) -> float:
        """Return how long it took."""
        return float(self.record.time_s[-1] - self.record.time_s[0])


def half_cycles(record: CyclingRecord) -> list[HalfCycle]:
    """Return the record's half-cycles in order; single rows are left out."""
    largest_A = float(np.abs(record.current_A).max())
    resting = np.abs(record.current_A) <= REST_SHARE * largest_A
    signs = np.where(resting, 0, np.sign(record.current_A)).astype(int)
    cuts = np.flatnonzero(np.diff(signs)) + 1
    found = []
    for rows in np.split(np.arange(record.n_rows), cuts):
        if rows.size > 1:
            part = record.rows(slice(int(rows[0]), int(rows[-1]) + 1))
            found.append(HalfCycle(int(signs[rows[0]]), part))
    return found
