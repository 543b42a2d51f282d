"""The Battery Data Format, read back by our own reader as it was."""

from __future__ import annotations

import numpy as np
import pytest

from instruments.results.battery_data import battery_data
from instruments.results.cycling_record import CyclingRecord
from instruments.results.parser import Parser

N = 50
RECORD = CyclingRecord(
    time_s=np.linspace(0.0, 3600.0, N),
    voltage_V=np.linspace(3.0, 4.2, N),
    current_A=np.full(N, 0.005),
    step=np.repeat([1, 2], N // 2),
    temperature_C=np.full(N, 25.0),
)


@pytest.mark.parametrize("suffix", [".bdf.csv", ".bdf.parquet"])
def test_a_record_is_read_back_as_it_was(tmp_path, suffix):
    path = tmp_path / f"cell{suffix}"
    path.write_bytes(battery_data(RECORD, suffix))
    with Parser() as parser:
        found = parser.read(path).record
    np.testing.assert_allclose(found.time_s, RECORD.time_s, atol=1e-3)
    np.testing.assert_allclose(found.voltage_V, RECORD.voltage_V, atol=1e-9)
    np.testing.assert_allclose(found.current_A, RECORD.current_A, atol=1e-12)
    np.testing.assert_array_equal(found.step, RECORD.step)
