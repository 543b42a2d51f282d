"""A cell's record in the Battery Data Format (batterydf), as CSV or Parquet."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import numpy as np

from instruments.results.cycling_record import CyclingRecord


def battery_data(record: CyclingRecord, suffix: str) -> bytes:
    """Return a record as a file of the format; ``suffix`` as ``.bdf.csv`` or ``.bdf.parquet``."""
    import bdf.io
    import pandas as pd

    columns: dict[str, object] = {
        "Test Time / s": np.round(record.time_s, 3),
        "Voltage / V": record.voltage_V,
        "Current / A": record.current_A,
    }
    if record.step is not None:
        columns["Step Count / 1"] = record.step
    if record.temperature_C is not None:
        columns["Ambient Temperature / degC"] = record.temperature_C
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"cell{suffix}"
        with warnings.catch_warnings():  # batterydf 0.1 uses what pandas 3.1 deprecates
            warnings.simplefilter("ignore", DeprecationWarning)
            bdf.io.save(pd.DataFrame(columns), path)
        return path.read_bytes()
