"""Read a table's rows out of SQLite's file format without SQLite, whatever else is damaged.

After https://www.sqlite.org/fileformat2.html (sections 1.6, 2.1 and 4.1): table leaf pages, their
overflow pages, and the frames of a write-ahead log. Nothing found here is believed by itself: the
caller has hashes to check it by.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

Value = int | float | str | bytes | None
_LEAF: Final = 0x0D
_WAL_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_INTEGER_BYTES: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_LARGEST_CELL: Final = 64 * 1024 * 1024
"""No event comes near; a damaged length must not make us read the whole file as one cell."""


class SqliteFile:
    """The pages of a database and of the log beside it, in every version that is still there."""

    def __init__(self, path: Path) -> None:
        """Read both files. Raises ``OSError`` where they cannot be read."""
        self._data = path.read_bytes()
        log = path.with_name(f"{path.name}-wal")
        self._log = log.read_bytes() if log.exists() else b""
        self._page_bytes = self._found_page_bytes()
        self._frames = self._found_frames()

    def cells(self) -> Iterator[tuple[int, bytes]]:
        """Yield (rowid, the page from there on) of every cell on anything like a table leaf.

        ``records`` makes values of it.
        """
        places = [(self._data, at) for at in range(0, len(self._data), self._page_bytes)]
        places += [(self._log, at) for frames in self._frames.values() for at in frames]
        for data, at in places:
            page = data[at : at + self._page_bytes]
            yield from _cells_of(page)

    def records(self, cell: bytes) -> Iterator[list[Value]]:
        """Yield the values a cell may hold: its rest is looked for in the log, then in the file."""
        for newest_first in (True, False):
            try:
                yield _values(self._payload(cell, newest_first=newest_first))
            except (IndexError, ValueError, struct.error):
                continue

    def _payload(self, cell: bytes, *, newest_first: bool) -> bytes:
        size, start = _varint(cell, 0)
        _, start = _varint(cell, start)
        if size > _LARGEST_CELL:
            raise ValueError(f"a cell of {size} bytes")
        usable = self._page_bytes
        local = size
        if size > usable - 35:
            least = (usable - 12) * 32 // 255 - 23
            local = least + (size - least) % (usable - 4)
            local = local if local <= usable - 35 else least
        payload = cell[start : start + local]
        if local < size:
            (number,) = struct.unpack_from(">I", cell, start + local)
            parts = [payload]
            left = size - local
            while left > 0:
                page = self._page(number, newest_first=newest_first)
                (number,) = struct.unpack_from(">I", page, 0)
                parts.append(page[4 : 4 + min(left, usable - 4)])
                left -= usable - 4
            payload = b"".join(parts)
        if len(payload) != size:
            raise ValueError("a cell that is cut off")
        return payload

    def _page(self, number: int, *, newest_first: bool) -> bytes:
        frames = self._frames.get(number, [])
        if frames and newest_first:
            return self._log[frames[-1] : frames[-1] + self._page_bytes]
        start = (number - 1) * self._page_bytes
        page = self._data[start : start + self._page_bytes]
        if number < 1 or len(page) < self._page_bytes:
            raise ValueError(f"no page {number}")
        return page

    def _found_page_bytes(self) -> int:
        """Return the page size by the file's header, by the log's, or the usual one."""
        found = []
        if len(self._data) >= 18:
            (size,) = struct.unpack_from(">H", self._data, 16)
            found.append(65536 if size == 1 else size)
        if len(self._log) >= 12:
            found.append(struct.unpack_from(">I", self._log, 8)[0])
        plausible = [size for size in found if 512 <= size <= 65536 and size & (size - 1) == 0]
        return plausible[-1] if plausible else 4096

    def _found_frames(self) -> dict[int, list[int]]:
        """Return where the log holds versions of each page, oldest first."""
        frames: dict[int, list[int]] = {}
        step = _FRAME_HEADER + self._page_bytes
        for at in range(_WAL_HEADER, len(self._log) - step + 1, step):
            (number,) = struct.unpack_from(">I", self._log, at)
            frames.setdefault(number, []).append(at + _FRAME_HEADER)
        return frames


def _cells_of(page: bytes) -> Iterator[tuple[int, bytes]]:
    if len(page) < 8 or page[0] != _LEAF:
        return
    (count,) = struct.unpack_from(">H", page, 3)
    for n in range(min(count, (len(page) - 8) // 2)):
        (start,) = struct.unpack_from(">H", page, 8 + 2 * n)
        try:
            _, after = _varint(page, start)
            rowid, _ = _varint(page, after)
        except IndexError:
            continue
        yield rowid, page[start:]


def _values(payload: bytes) -> list[Value]:
    """Return a record's columns. Raises where it is none."""
    header_bytes, at = _varint(payload, 0)
    kinds = []
    while at < header_bytes:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values: list[Value] = []
    at = header_bytes
    for kind in kinds:
        value, size = _value(kind, payload, at)
        values.append(value)
        at += size
    if at > len(payload):
        raise ValueError("a record that is cut off")
    return values


def _value(kind: int, data: bytes, at: int) -> tuple[Value, int]:
    if kind in (0, 8, 9):
        return (None if kind == 0 else kind - 8), 0
    if kind in _INTEGER_BYTES:
        size = _INTEGER_BYTES[kind]
        return int.from_bytes(data[at : at + size], "big", signed=True), size
    if kind == 7:
        return float(struct.unpack_from(">d", data, at)[0]), 8
    if kind >= 12:
        size = (kind - 12) // 2
        raw = data[at : at + size]
        return (raw if kind % 2 == 0 else raw.decode()), size
    raise ValueError(f"no such type of value: {kind}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return SQLite's variable-length integer and where it ends."""
    value = 0
    for n in range(9):
        byte = data[at + n]
        if n == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + n + 1
    raise AssertionError
