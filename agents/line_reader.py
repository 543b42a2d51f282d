"""Reads lines of limited length from a descriptor in a thread of its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final

from agents.messages import MAX_LINE_BYTES
from experiments.errors import Invalid

_CHUNK_BYTES: Final = 1 << 16


class LineReader:
    """Hands every line to a queue; ``None`` is the end, an ``Invalid`` a line over the limit."""

    def __init__(
        self,
        descriptor: int,
        *,
        limit_bytes: int = MAX_LINE_BYTES,
        at_end: Callable[[], None] = lambda: None,
    ) -> None:
        self.lines: SimpleQueue[bytes | Invalid | None] = SimpleQueue()
        self._descriptor = descriptor
        self._limit_bytes = limit_bytes
        self._at_end = at_end
        self._thread = threading.Thread(target=self._read, name="line-reader", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def _read(self) -> None:
        held = bytearray()
        while chunk := self._chunk():
            held += chunk
            if b"\n" in chunk:
                *lines, rest = bytes(held).split(b"\n")
                for line in lines:
                    self.lines.put(line)
                held = bytearray(rest)
            if len(held) > self._limit_bytes:
                self.lines.put(Invalid(f"a line is longer than {self._limit_bytes} bytes"))
                break
        self.lines.put(None)
        self._at_end()

    def _chunk(self) -> bytes:
        try:
            return os.read(self._descriptor, _CHUNK_BYTES)
        except OSError:
            return b""
