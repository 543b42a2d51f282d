"""One reader for each kind of file; each takes a screened file and returns a record.

Vendors' binary formats are read by libraries that know them: NewareNDA (BSD-3-Clause, comes with
batterydf) and galvani (GPL-3.0-or-later, the optional extra ``cyclers``).
"""

from __future__ import annotations

import importlib.util
import io
import re
import warnings
from collections.abc import Callable
from typing import IO, Any, Final

import numpy as np

from experiments.errors import Invalid
from instruments.results.columns import ColumnMapping, chosen_columns
from instruments.results.cycling_record import CyclingRecord
from instruments.results.table import MAX_ROWS, record_of

Reader = Callable[[IO[bytes], ColumnMapping | None], CyclingRecord]
_CHUNK_ROWS: Final = 100_000


def read_text(file: IO[bytes], mapping: ColumnMapping | None) -> CyclingRecord:
    """Read a table in text: BDF, Neware's and Arbin's exports, or anything with a mapping."""
    skip = mapping.skip_lines if mapping else 0
    head = file.read(64 * 2**10).decode("utf-8-sig", "replace").splitlines()
    file.seek(0)
    if len(head) < skip + 2:
        raise Invalid("a table needs a header and rows", reason="empty")
    line = head[skip]
    delimiter = mapping.delimiter if mapping else max(",;\t", key=line.count)
    return _csv(file, delimiter, skip, mapping.decimal if mapping else ".", mapping)


def read_mpt(file: IO[bytes], mapping: ColumnMapping | None) -> CyclingRecord:
    """Read BioLogic's text: line 2 says how many lines the header has, its last names columns."""
    head = file.read(64 * 2**10).decode("latin-1").splitlines()
    file.seek(0)
    found = re.match(r"Nb header lines\s*:\s*(\d{1,5})\s*$", head[1] if len(head) > 1 else "")
    n_lines = int(found[1]) if found else 0
    if not 3 <= n_lines < len(head):
        raise Invalid("line 2 does not count the header's lines", reason="unreadable")
    setting = next((x for x in head[:n_lines] if x.startswith("Loaded Setting File :")), "")
    sample = setting.partition(":")[2].strip().removesuffix(".mps")
    decimal = "," if head[n_lines].count(",") else "."
    return _csv(file, "\t", n_lines - 1, decimal, mapping, sample=sample, encoding="latin-1")


def read_parquet(file: IO[bytes], mapping: ColumnMapping | None) -> CyclingRecord:
    """Read the Battery Data Format as Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file, memory_map=False)
        if table.metadata.num_rows > MAX_ROWS:
            raise Invalid(f"more than {MAX_ROWS} rows", reason="too_large")
        headers = table.schema_arrow.names
        wanted = [c.header for c in chosen_columns(headers, mapping).values()]
        read = table.read(columns=wanted, use_threads=False)
        columns = {name: read[name].to_numpy() for name in wanted}
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Invalid(f"broken Parquet: {error}"[:200], reason="unreadable") from error
    return record_of(wanted, columns.__getitem__, mapping)


def read_xlsx(file: IO[bytes], mapping: ColumnMapping | None) -> CyclingRecord:
    """Read a workbook of Neware's or Arbin's: the first sheet with time, voltage and current."""
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    tried = []
    for sheet in book.worksheets[:40]:
        rows = sheet.iter_rows(values_only=True)
        headers = [str(cell or "") for cell in next(rows, ())]
        try:
            chosen = chosen_columns(headers, mapping)
        except Invalid:
            tried.append(str(sheet.title)[:40])
            continue
        places = {c.header: headers.index(c.header) for c in chosen.values()}
        columns: dict[str, list[Any]] = {header: [] for header in places}
        for number, row in enumerate(rows):
            if number >= MAX_ROWS:
                raise Invalid(f"more than {MAX_ROWS} rows", reason="too_large")
            for header, place in places.items():
                columns[header].append(row[place] if place < len(row) else None)
        return record_of(list(places), columns.__getitem__, mapping)
    raise Invalid(f"no sheet is a record table: {', '.join(tried)}", reason="unreadable")


def read_neware(file: IO[bytes], mapping: ColumnMapping | None) -> CyclingRecord:
    """Read Neware's own .nda or .ndax."""
    from NewareNDA.NewareNDA import read_nda, read_ndax

    del mapping
    is_archive = file.read(2) == b"PK"
    file.seek(0)
    path = f"/proc/self/fd/{file.fileno()}"
    found = read_ndax(path) if is_archive else read_nda(path, False)
    steps = found["Step"].to_numpy(np.float64)
    within_s = found["Time"].to_numpy(np.float64)
    return CyclingRecord(
        time_s=_total_time_s(within_s, steps),
        voltage_V=found["Voltage"].to_numpy(np.float64),
        current_A=found["Current(mA)"].to_numpy(np.float64) / 1e3,
        step=(1 + np.concatenate([[0], np.cumsum(np.diff(steps) != 0)])).astype(np.int64),
    )


def read_mpr(file: IO[bytes], mapping: ColumnMapping | None) -> CyclingRecord:
    """Read BioLogic's binary, where the extra ``cyclers`` is installed."""
    if importlib.util.find_spec("galvani") is None:
        raise Invalid(
            "reading .mpr needs the extra 'cyclers' (pip install cellwright[cyclers]); "
            "EC-Lab's text export .mpt needs nothing",
            reason="no_reader",
        )
    from galvani import BioLogic

    data = BioLogic.MPRfile(io.BytesIO(file.read())).data
    return record_of(list(data.dtype.names), data.__getitem__, mapping)


READERS: Final[dict[str, Reader]] = {
    "text": read_text,
    "mpt": read_mpt,
    "parquet": read_parquet,
    "xlsx": read_xlsx,
    "nda": read_neware,
    "ndax": read_neware,
    "mpr": read_mpr,
}
"""Kind of file (``screening.file_kind``) → its reader."""


def _csv(
    file: IO[bytes],
    delimiter: str,
    skip: int,
    decimal: str,
    mapping: ColumnMapping | None,
    *,
    sample: str = "",
    encoding: str = "utf-8-sig",
) -> CyclingRecord:
    import pandas as pd

    options: dict[str, Any] = {
        "sep": delimiter, "skiprows": skip, "decimal": decimal, "encoding": encoding,
        "encoding_errors": "replace", "index_col": False,
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            headers = [str(name) for name in pd.read_csv(file, nrows=0, **options).columns]
            wanted = [c.header for c in chosen_columns(headers, mapping).values()]
            file.seek(0)
            chunks: dict[str, list[Any]] = {name: [] for name in wanted}
            n_rows = 0
            for part in pd.read_csv(file, usecols=wanted, chunksize=_CHUNK_ROWS, **options):
                n_rows += len(part)
                if n_rows > MAX_ROWS:
                    raise Invalid(f"more than {MAX_ROWS} rows", reason="too_large")
                for name in wanted:
                    chunks[name].append(part[name].to_numpy())
        except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            raise Invalid(f"no table: {error}"[:200], reason="unreadable") from error
    if not n_rows:
        raise Invalid("the table has no rows", reason="empty")
    return record_of(wanted, lambda name: np.concatenate(chunks[name]), mapping, sample=sample)


def _total_time_s(within_s: Any, steps: Any) -> Any:
    """Return time since the start from times that begin anew with every step."""
    begins = np.flatnonzero(np.diff(steps) != 0) + 1
    offset = np.zeros_like(within_s)
    offset[begins] = within_s[begins - 1]
    return within_s + np.cumsum(offset)
