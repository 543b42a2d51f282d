"""Hostile result files: fuzzed real formats and bombs, read one after the other.

``python -m tests.benchmarks.hostile_files RESULTS.jsonl`` prints the slowest, the largest, and what
was written where it should not be; it goes on where it was ended.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import os
import random
import tempfile
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.errors import Invalid
from instruments.lab_simulator.cycler_files import SUFFIX, write_cycler_file
from instruments.results.cycling_record import CyclingRecord
from instruments.results.parser import Parser

BATCH = 200
"""Files between two lines of results."""
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


@dataclass
class Tally:
    """What came of the files so far: of one batch, or of all."""

    n: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    """Seconds by the wall clock, and the file; the machine may have had other work."""
    busiest: tuple[float, str] = (0.0, "")
    """Seconds of processor time."""
    largest: tuple[float, str] = (0.0, "")
    """MB."""
    left_behind: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take in what came of other files."""
        self.n += other.n
        self.outcomes += other.outcomes
        self.slowest = max(self.slowest, other.slowest)
        self.busiest = max(self.busiest, other.busiest)
        self.largest = max(self.largest, other.largest)
        self.left_behind += other.left_behind

    def words(self) -> str:
        """Return the figures in one line."""
        return (
            f"{self.n} files: {dict(self.outcomes)}; "
            f"slowest {self.slowest[0]:.2f} s ({self.slowest[1]}), most processor time "
            f"{self.busiest[0]:.2f} s ({self.busiest[1]}), largest {self.largest[0]:.0f} MB "
            f"({self.largest[1]}); left behind: {self.left_behind}"
        )


def read_batch(parser: Parser, files: Iterable[tuple[int, str, bytes]]) -> Tally:
    """Return what comes of reading some files, one after the other."""
    found = Tally()
    here = set(os.listdir())
    with tempfile.TemporaryDirectory() as folder:
        parser.read(_written(folder, "warm.csv", real_files()["cell.csv"]))
        for number, name, content in files:
            path = _written(folder, f"{number}-{name}", content)
            began = time.perf_counter()
            try:
                parser.read(path)
                found.outcomes["read"] += 1
            except Invalid as error:
                found.outcomes[error.reason] += 1
            found.n += 1
            found.slowest = max(found.slowest, (time.perf_counter() - began, path.name))
            found.busiest = max(found.busiest, (parser.last_cpu_s, path.name))
            found.largest = max(found.largest, (parser.last_peak_MB, path.name))
            path.unlink()
        found.left_behind = [str(p) for p in Path(folder).rglob("*") if p.name != "warm.csv"]
    found.left_behind += sorted(set(os.listdir()) - here)
    return found


def every_file(n: int) -> Iterator[tuple[int, str, bytes]]:
    """Yield the n files of the campaign, numbered; the same ones each time."""
    bad = [*bombs().items()]
    yield from ((number, *one) for number, one in enumerate(bad))
    rest = fuzzed(real_files(), n - len(bad), seed=11)
    yield from ((len(bad) + number, *one) for number, one in enumerate(rest))


def main(results: Path, n: int, first: int) -> None:
    """Read what is missing of n files, a batch at a time; print what came of all."""
    done, total = first, Tally()
    for line in results.read_text().splitlines() if results.is_file() else ():
        kept = json.loads(line)
        done = max(done, kept.pop("until"))
        kept["outcomes"] = Counter(kept["outcomes"])
        for name in ("slowest", "busiest", "largest"):
            kept[name] = tuple(kept[name])
        total.add(Tally(**kept))
    files = itertools.islice(every_file(n), done, n)
    with Parser() as parser:
        while batch := list(itertools.islice(files, BATCH)):
            found = read_batch(parser, batch)
            total.add(found)
            with results.open("a") as file:
                file.write(json.dumps({"until": batch[-1][0] + 1, **vars(found)}) + "\n")
            print(f"{batch[-1][0] + 1}: {total.words()}", flush=True)
    scratch = list(Path(tempfile.gettempdir()).glob("cellwright-parser-*"))
    print(f"{total.words()}; scratch: {scratch}")


def _written(folder: str, name: str, content: bytes) -> Path:
    path = Path(folder) / name
    path.write_bytes(content)
    return path


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("results", type=Path)
    options.add_argument("--files", type=int, default=10_000)
    options.add_argument("--first", type=int, default=0, help="leave out so many")
    given = options.parse_args()
    main(given.results, given.files, given.first)
