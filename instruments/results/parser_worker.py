"""The warm process that reads result files: forks one guarded child for each of them.

Run as ``python -P -m instruments.results.parser_worker``. Requests are JSON lines on standard
input; an answer is a JSON line and the columns' bytes on standard output. A child may use so much
memory and processor time beyond what the warm process has, writes to its own scratch folder only,
and dies with whatever it was fed.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from typing import Any, Final, NoReturn

import numpy as np

from experiments.errors import CellwrightError, Invalid
from instruments.results.columns import ColumnMapping
from instruments.results.cycling_record import CyclingRecord
from instruments.results.readers import READERS
from instruments.results.screening import file_kind, require_plain

COLUMNS: Final = ("time_s", "voltage_V", "current_A", "step", "temperature_C")
_PAGE: Final = resource.getpagesize()
_MAX_ANSWER: Final = 512 * 2**20


def main() -> None:
    """Import the readers' libraries once, then serve until standard input ends."""
    import NewareNDA  # noqa: F401
    import openpyxl  # noqa: F401
    import pandas as pd  # noqa: F401
    import pyarrow.parquet as pq  # noqa: F401

    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    out.write(b'{"ready": true}\n')
    out.flush()
    for line in sys.stdin.buffer:
        header, body = _guarded(json.loads(line))
        out.write(json.dumps({**header, "size": len(body)}).encode() + b"\n" + body)
        out.flush()


def _guarded(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Read one file in a child of its own; return its answer or why there is none."""
    scratch = tempfile.mkdtemp(prefix="cellwright-parser-")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(request, writing, scratch)
    os.close(writing)
    try:
        answer, is_late = _collected(reading, child, float(request["wall_s"]))
    finally:
        os.close(reading)
        _, status, usage = os.wait4(child, 0)
        shutil.rmtree(scratch, ignore_errors=True)
    head, _, body = answer.partition(b"\n")
    told: dict[str, Any] = {
        "peak_MB": usage.ru_maxrss / 1024.0,
        "cpu_s": usage.ru_utime + usage.ru_stime,
    }
    if is_late:
        told |= {"reason": "too_slow", "message": "reading took too long"}
    elif os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        told |= {"reason": "hostile", "message": f"the reader died of {name}"}
    else:
        try:
            told |= json.loads(head)
        except ValueError:
            told |= {"reason": "unreadable", "message": "the reader gave nothing"}
    return told, b"" if "reason" in told else body


def _collected(reading: int, child: int, wall_s: float) -> tuple[bytes, bool]:
    """Return what the child wrote, and whether it had to be ended."""
    import select

    deadline, size = time.monotonic() + wall_s, 0
    parts: list[bytes] = []
    while True:
        left_s = deadline - time.monotonic()
        ready = left_s > 0 and select.select([reading], [], [], left_s)[0]
        if not ready or size > _MAX_ANSWER:
            os.kill(child, signal.SIGKILL)
            return b"", True
        part = os.read(reading, 2**20)
        if not part:
            return b"".join(parts), False
        parts.append(part)
        size += len(part)


def _child(request: dict[str, Any], writing: int, scratch: str) -> NoReturn:
    """Read the file within limits, write the answer, and leave without a trace."""
    try:
        _confine(scratch, int(request["memory_MB"]), float(request["cpu_s"]))
        answer = _read(request)
    except CellwrightError as error:
        reason = error.evidence.get("reason", "unreadable")
        answer = json.dumps({"reason": reason, "message": error.message[:500]}).encode() + b"\n"
    except MemoryError:
        answer = b'{"reason": "hostile", "message": "reading it takes too much memory"}\n'
    except BaseException as error:  # noqa: BLE001 a reader may fail in any way on hostile bytes
        text = f"{type(error).__name__}: {error}"[:300]
        answer = json.dumps({"reason": "unreadable", "message": text}).encode() + b"\n"
    try:
        with os.fdopen(writing, "wb") as out:
            out.write(answer)
    finally:
        os._exit(0)


def _confine(scratch: str, memory_MB: int, cpu_s: float) -> None:
    os.chdir(scratch)
    os.environ["TMPDIR"] = tempfile.tempdir = scratch
    with open("/proc/self/statm", encoding="ascii") as file:
        mapped = int(file.read().split()[0]) * _PAGE
    most = mapped + memory_MB * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (256 * 2**20,) * 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 2):
        os.dup2(null, standard)


def _read(request: dict[str, Any]) -> bytes:
    path, mapping = request["path"], request.get("mapping")
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Invalid(f"cannot be opened: {error.strerror}", reason="unreadable") from error
    with os.fdopen(opened, "rb") as file:
        require_plain(file.fileno())
        kind = file_kind(file)
        given = None if mapping is None else ColumnMapping.model_validate(mapping)
        return _packed(kind, READERS[kind](file, given))


def _packed(kind: str, record: CyclingRecord) -> bytes:
    record.require_whole()
    present = [name for name in COLUMNS if getattr(record, name) is not None]
    head = {"kind": kind, "rows": record.n_rows, "columns": present, "sample": record.sample[:200]}
    columns = b"".join(
        np.ascontiguousarray(getattr(record, name), dtype=np.float64).tobytes() for name in present
    )
    return json.dumps(head).encode() + b"\n" + columns


if __name__ == "__main__":
    main()
