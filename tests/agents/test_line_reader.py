from __future__ import annotations

import os
import threading

from agents.line_reader import LineReader
from experiments.errors import Invalid


def read_all(*chunks: bytes, limit_bytes: int = 100) -> list[bytes | Invalid | None]:
    """Feed the chunks one write each and return everything the reader handed over."""
    theirs, ours = os.pipe()
    ended = threading.Event()
    reader = LineReader(theirs, limit_bytes=limit_bytes, at_end=ended.set)
    reader.start()
    for chunk in chunks:
        os.write(ours, chunk)
    os.close(ours)
    assert ended.wait(10)
    os.close(theirs)
    found = []
    while not reader.lines.empty():
        found.append(reader.lines.get())
    return found


def test_lines_are_whole_however_they_were_cut() -> None:
    assert read_all(b"one\ntw", b"o\nthr", b"ee", b"\n") == [b"one", b"two", b"three", None]


def test_half_a_line_at_the_end_is_dropped() -> None:
    assert read_all(b"one\nhalf") == [b"one", None]


def test_a_line_over_the_limit_ends_the_reading() -> None:
    first, error, end = read_all(b"one\n" + b"x" * 101, limit_bytes=100)
    assert first == b"one"
    assert isinstance(error, Invalid)
    assert end is None
