"""Hostile result files: fuzzed real formats and bombs, read one after the other.

``python -m tests.benchmarks.hostile_files 10000`` prints the slowest, the largest, and what was
written where it should not be.
"""

from __future__ import annotations

import io
import os
import random
import sys
import tempfile
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.errors import Invalid
from instruments.lab_simulator.cycler_files import SUFFIX, write_cycler_file
from instruments.results.cycling_record import CyclingRecord
from instruments.results.parser import Parser

_ENTITIES = (
    b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">"""
    + b"".join(
        b'<!ENTITY a%d "%s">' % (i, b"&a%d;" % (i - 1) * 10 if i else b"&a;" * 10)
        for i in range(12)
    )
    + b"]><workbook>&a11;</workbook>"
)


@cache
def real_files() -> dict[str, bytes]:
    """Return a real file of every format that somebody ships a writer for."""
    time_s = np.arange(0.0, 3600.0, 5.0)
    record = CyclingRecord(
        time_s, 3.5 + 0.5 * np.sin(time_s / 900.0), np.full(time_s.size, 1e-3),
        np.ones(time_s.size, dtype=np.int64), sample="b1-cell1",
    )  # fmt: skip
    found = {f"cell{SUFFIX[kind]}": write_cycler_file(record, kind) for kind in SUFFIX}
    book = io.BytesIO()
    pd.DataFrame(
        {"Test_Time(s)": time_s, "Voltage(V)": record.voltage_V, "Current(A)": record.current_A}
    ).to_excel(book, index=False)
    found["cell.xlsx"] = book.getvalue()
    head = b"NEWARE" + b"20260101" + bytes([29]) + b"\x00" * 400 + b"BTSServer" + b"\x00" * 120
    found["cell.nda"] = head + random.Random(1).randbytes(8000)
    found["cell.ndax"] = _zip({"data.ndc": random.Random(2).randbytes(4096 * 3)})
    found["cell.mpr"] = b"BIO-LOGIC MODULAR FILE\x1a" + b" " * 25 + random.Random(3).randbytes(4000)
    return found


@cache
def bombs() -> dict[str, bytes]:
    """Return files that were made to harm, by name."""
    sheet = b"<worksheet/>"
    zeros = b"\x00" * (60 * 2**20)
    return {
        "zip-bomb.ndax": _zip({"data.ndc": zeros}),
        "zip-bomb.xlsx": _zip({"xl/workbook.xml": b"<w/>", "xl/worksheets/s.xml": zeros}),
        "ten-gigabytes.ndax": _claiming(_zip({"data.ndc": b"x" * 100}), 100, 0xFFFFFFF0),
        "up-and-out.ndax": _zip({"../../outside.ndc": b"x", "data.ndc": b"x"}),
        "absolute.ndax": _zip({"/tmp/outside.ndc": b"x", "data.ndc": b"x"}),
        "backslash.ndax": _zip({"..\\outside.ndc": b"x", "data.ndc": b"x"}),
        "many.ndax": _zip({f"{i}.ndc": b"" for i in range(2500)}),
        "link.ndax": _with_link(),
        "entities.xlsx": _zip({"xl/workbook.xml": _ENTITIES, "xl/worksheets/s.xml": sheet}),
        "entities.ndax": _zip({"data.ndc": b"x" * 4096, "VersionInfo.xml": _ENTITIES}),
        "outside-entity.xlsx": _zip(
            {"xl/workbook.xml": b'<!DOCTYPE w [<!ENTITY f SYSTEM "file:///etc/passwd">]><w>&f;</w>'}
        ),
        "markup.csv": _ENTITIES,
        "empty.csv": b"",
        "one-line.csv": b"time,voltage,current",
        "one-field.csv": b"time,voltage,current\n" + b"9" * (30 * 2**20),
        "wide.csv": b"," * 2_000_000 + b"\n1\n",
        "quote.csv": b'time/s,voltage/V,current/A\n"' + b"a" * (20 * 2**20),
        "header.mpt": b"EC-Lab ASCII FILE\r\nNb header lines : 99999\r\n",
        "negative.mpt": b"EC-Lab ASCII FILE\r\nNb header lines : -5\r\nx\r\n",
        "rows.parquet": _lying_parquet(),
        "magic.parquet": b"PAR1" + b"\xff" * 64 + (2**31 - 1).to_bytes(4, "little") + b"PAR1",
        "version.nda": b"NEWARE" + b"0" * 8 + bytes([130]) + b"\xff" * 4096,
        "deflate.parquet": b"PAR1" + zlib.compress(zeros) + b"PAR1",
        "lengths.mpr": b"BIO-LOGIC MODULAR FILE\x1a" + b" " * 25 + b"\x00MODULE" + b"\xff" * 200,
        "elf.csv": b"\x7fELF" + b"\x00" * 200,
    }


def fuzzed(files: dict[str, bytes], n: int, *, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield broken versions of real files: flipped, cut, doubled, spliced, lied about."""
    chance = random.Random(seed)
    names = list(files)
    for _ in range(n):
        name = chance.choice(names)
        content = bytearray(files[name])
        for _ in range(chance.randint(1, 4)):
            _mutate(content, chance, files)
        yield name, bytes(content)


def _mutate(content: bytearray, chance: random.Random, files: dict[str, bytes]) -> None:
    at = chance.randrange(max(len(content), 1))
    kind = chance.randrange(7)
    if kind == 0:
        for _ in range(chance.randint(1, 50)):
            if content:
                content[chance.randrange(len(content))] = chance.randrange(256)
    elif kind == 1:
        del content[at:]
    elif kind == 2:
        content[at:at] = content[at : at + chance.randint(1, 2000)]
    elif kind == 3:
        other = files[chance.choice(list(files))]
        start = chance.randrange(len(other))
        content[at:at] = other[start : start + chance.randint(1, 3000)]
    elif kind == 4:
        content[at : at + 8] = chance.choice([b"\xff" * 8, b"\x00" * 8, b"\x7f" * 8, b"1e999999"])
    elif kind == 5:
        content[at:at] = bytes(chance.choices(b'",;\n\t<>&-.eE0123456789', k=200))
    else:
        del content[at : at + chance.randint(1, 500)]


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def _with_link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("data.ndc")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def _claiming(archive: bytes, size: int, claimed: int) -> bytes:
    """Return an archive whose directory claims another unpacked size."""
    at = archive.index(b"PK\x01\x02") + 24
    assert int.from_bytes(archive[at : at + 4], "little") == size
    return archive[:at] + claimed.to_bytes(4, "little") + archive[at + 4 :]


def _lying_parquet() -> bytes:
    whole = real_files()["cell.bdf.parquet"]
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    return whole[:footer] + bytes(b ^ 0x55 for b in whole[footer:-8]) + whole[-8:]


def main(n: int) -> None:
    """Read n hostile files and print what came of them."""
    outcomes: Counter[str] = Counter()
    slowest, busiest, largest = (0.0, ""), (0.0, ""), (0.0, "")
    kept = {Path.cwd(): set(os.listdir())}
    with tempfile.TemporaryDirectory() as folder, Parser() as parser:
        parser.read(_written(folder, "warm.csv", real_files()["cell.csv"]))
        every = [*bombs().items(), *fuzzed(real_files(), n - len(bombs()), seed=11)]
        for number, (name, content) in enumerate(every):
            path = _written(folder, f"{number}-{name}", content)
            began = time.perf_counter()
            try:
                parser.read(path)
                outcomes["read"] += 1
            except Invalid as error:
                outcomes[error.reason] += 1
            slowest = max(slowest, (time.perf_counter() - began, path.name))
            busiest = max(busiest, (parser.last_cpu_s, path.name))
            largest = max(largest, (parser.last_peak_MB, path.name))
            path.unlink()
            if number % 1000 == 999:
                print(f"{number + 1}: {slowest}, {busiest}, {largest}", file=sys.stderr)
        left = [p for p in Path(folder).rglob("*") if p.name != "warm.csv"]
    outside = [str(p) for folder, names in kept.items() for p in folder.iterdir()
               if p.name not in names]  # fmt: skip
    scratch = list(Path(tempfile.gettempdir()).glob("cellwright-parser-*"))
    print(f"{n} files: {dict(outcomes)}")
    print(f"slowest {slowest[0]:.2f} s ({slowest[1]}), largest {largest[0]:.0f} MB ({largest[1]})")
    print(f"most processor time {busiest[0]:.2f} s ({busiest[1]})")
    print(f"left behind: {left + outside + scratch}")


def _written(folder: str, name: str, content: bytes) -> Path:
    path = Path(folder) / name
    path.write_bytes(content)
    return path


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
