"""The files the simulated cyclers write: Battery Data Format, and text as two vendors export it."""

from __future__ import annotations

import io
from typing import Final

import numpy as np

from experiments.errors import Invalid
from instruments.results.battery_data import battery_data
from instruments.results.cycling_record import CyclingRecord

SUFFIX: Final = {
    "bdf-csv": ".bdf.csv",
    "bdf-parquet": ".bdf.parquet",
    "biologic-mpt": ".mpt",
    "neware-csv": ".csv",
}
"""Format → ending of its files. Nobody ships writers of the vendors' binary formats."""


def write_cycler_file(record: CyclingRecord, file_format: str) -> bytes:
    """Return a record as a file of a format. Raises ``Invalid`` for an unknown one."""
    if file_format not in SUFFIX:
        raise Invalid(f"file format: {file_format!r} is not known; allowed: {', '.join(SUFFIX)}")
    if file_format == "biologic-mpt":
        return _biologic_text(record)
    if file_format == "neware-csv":
        return _neware_text(record)
    return battery_data(record, SUFFIX[file_format])


def _biologic_text(record: CyclingRecord) -> bytes:
    """Return what EC-Lab writes as text: a counted header, tabs, milliamperes."""
    names = ("Ns", "time/s", "Ewe/V", "<I>/mA")
    header = [
        "EC-Lab ASCII FILE",
        "Nb header lines : 6",
        "",
        "Modulo Bat",
        f"Loaded Setting File : {record.sample}.mps",
        "\t".join(names) + "\t",
    ]
    text = io.StringIO()
    text.write("\r\n".join(header) + "\r\n")
    steps = np.zeros(record.n_rows) if record.step is None else record.step - 1
    for row in zip(steps, record.time_s, record.voltage_V, 1e3 * record.current_A, strict=True):
        text.write("{:.0f}\t{:.15E}\t{:.7E}\t{:.7E}\r\n".format(*row))
    return text.getvalue().encode("latin-1")


def _neware_text(record: CyclingRecord) -> bytes:
    """Return a record table as BTSDA exports it: total time as h:mm:ss.sss, milliamperes."""
    text = io.StringIO()
    text.write("DataPoint,Cycle Index,Step Index,Total Time,Current(mA),Voltage(V)\r\n")
    steps = np.ones(record.n_rows) if record.step is None else record.step
    rows = zip(steps, record.time_s, 1e3 * record.current_A, record.voltage_V, strict=True)
    for number, (step, time_s, current_mA, voltage_V) in enumerate(rows, start=1):
        hours, left_s = divmod(round(float(time_s), 3), 3600.0)
        minutes, seconds = divmod(left_s, 60.0)
        clock = f"{hours:.0f}:{minutes:02.0f}:{seconds:06.3f}"
        text.write(f"{number},1,{step:.0f},{clock},{current_mA:.6f},{voltage_V:.6f}\r\n")
    return text.getvalue().encode("utf-8")
