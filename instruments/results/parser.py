"""Read result files in another process: nothing a file does can harm this one."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.errors import InternalError, Invalid, Unreachable
from instruments.results.columns import ColumnMapping
from instruments.results.cycling_record import CyclingRecord
from instruments.results.parser_worker import COLUMNS

_START_S: Final = 60.0
_QUIET: Final = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MPLBACKEND": "agg",
}
"""The warm process forks: it must stay without threads."""


@dataclass(frozen=True)
class ParserLimits:
    """What reading one file may take, beyond what the warm process has."""

    memory_MB: int = 150
    cpu_s: float = 0.9
    cpu_s_per_MB: float = 0.2
    """Large files get more time; so much for every megabyte."""
    wall_s: float = 20.0
    """At least; a busy machine is not the file's fault."""


@dataclass(frozen=True)
class Reading:
    """A record and what reading it took."""

    record: CyclingRecord
    kind: str
    peak_MB: float


class Parser:
    """A warm process that reads one file at a time; started when first needed."""

    def __init__(self, limits: ParserLimits | None = None) -> None:
        self._limits = limits or ParserLimits()
        self._process: subprocess.Popen[bytes] | None = None
        self.last_peak_MB = 0.0
        """Memory of the last file's process, the warm part included."""
        self.last_cpu_s = 0.0
        """Processor time of the last file's process."""

    def __enter__(self) -> Parser:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, path: Path, mapping: ColumnMapping | None = None) -> Reading:
        """Return a file's record. Raises ``Invalid`` with a ``reason`` where it is refused."""
        size_MB = _size(path) / 2**20
        cpu_s = self._limits.cpu_s + self._limits.cpu_s_per_MB * size_MB
        wall_s = max(self._limits.wall_s, 4.0 * cpu_s)
        header, body = self._exchanged(
            {
                "path": str(path.absolute()),
                "mapping": None if mapping is None else mapping.model_dump(),
                "memory_MB": self._limits.memory_MB,
                "cpu_s": cpu_s,
                "wall_s": wall_s,
            },
            wall_s + 30.0,
        )
        self.last_peak_MB = float(header["peak_MB"])
        self.last_cpu_s = float(header["cpu_s"])
        if "reason" in header:
            raise Invalid(f"{path.name}: {header['message']}", reason=header["reason"])
        return Reading(_record(header, body), str(header["kind"]), self.last_peak_MB)

    def close(self) -> None:
        """End the warm process."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _exchanged(self, request: dict[str, Any], most_s: float) -> tuple[dict[str, Any], bytes]:
        process = self._running()
        if process.stdin is None or process.stdout is None:
            raise InternalError("the parser has no pipes")
        deadline = time.monotonic() + most_s
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            header = json.loads(self._line(process, deadline))
            return header, self._bytes(process, int(header["size"]), deadline)
        except (OSError, ValueError, Unreachable) as error:
            self.close()
            raise Unreachable(f"the parser's process gave no answer: {error}") from error

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "instruments.results.parser_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env={**os.environ, **_QUIET, "PYTHONPATH": _importable()},
            )
            self._line(self._process, time.monotonic() + _START_S)
        return self._process

    def _line(self, process: subprocess.Popen[bytes], deadline: float) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            line += self._bytes(process, 1, deadline)
        return line

    def _bytes(self, process: subprocess.Popen[bytes], n: int, deadline: float) -> bytes:
        if process.stdout is None:
            raise InternalError("the parser has no pipes")
        parts, left = [], n
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while left:
                if not selector.select(max(deadline - time.monotonic(), 0.0)):
                    raise Unreachable("time is up")
                part = os.read(process.stdout.fileno(), min(left, 2**20))
                if not part:
                    raise Unreachable("it ended")
                parts.append(part)
                left -= len(part)
        return b"".join(parts)


def _record(header: dict[str, Any], body: bytes) -> CyclingRecord:
    rows, present = int(header["rows"]), [n for n in header["columns"] if n in COLUMNS]
    if len(body) != 8 * rows * len(present):
        raise Unreachable("the parser's answer is cut short")
    columns = np.frombuffer(body, dtype=np.float64).reshape(len(present), rows)
    found: dict[str, Any] = dict(zip(present, columns, strict=True))
    if "step" in found:
        found["step"] = found["step"].astype(np.int64)
    return CyclingRecord(sample=str(header["sample"]), **found)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError as error:
        raise Invalid(f"{path.name}: {error.strerror}", reason="unreadable") from error


def _importable() -> str:
    """Return where our own packages are, so that the child finds them from any folder."""
    return os.pathsep.join(
        [str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]
    )
