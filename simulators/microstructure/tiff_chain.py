"""Follow a TIFF's chain of pages from its header, to tell a file that was cut from a short one.

TIFF 6.0 (Adobe 1992), section 2: the header points to the first page's directory, every directory
ends with a pointer to the next, and the last pointer is 0. BigTIFF widens the numbers.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from experiments.errors import Invalid

_ORDER: Final = {b"II": "<", b"MM": ">"}
_CLASSIC, _BIG = 42, 43


@dataclass(frozen=True)
class _Widths:
    """How many bytes the numbers of one flavour take."""

    first: int
    """Where the header points to the first directory."""
    count: str
    pointer: str
    entry: int


_FLAVOUR: Final = {_CLASSIC: _Widths(4, "H", "I", 12), _BIG: _Widths(8, "Q", "Q", 20)}


def count_pages(path: Path) -> int:
    """Return the number of pages. Raises ``Invalid`` where the chain leaves the file."""
    size = path.stat().st_size
    n_pages = 0
    with path.open("rb") as file:
        order, flavour = _flavour(file, path)
        seen: set[int] = set()
        place = _number(file, flavour.first, order + flavour.pointer)
        while place != 0:
            following = None
            if place is not None and place not in seen:
                seen.add(place)
                following = _next(file, place, order, flavour)
            if following is None:
                raise Invalid(
                    f"{path}: truncated, {n_pages} whole pages are listed; the next should be "
                    f"at byte {place or flavour.first}, and the file ends at {size}"
                )
            n_pages += 1
            place = following
    if n_pages == 0:
        raise Invalid(f"{path}: a TIFF without pages")
    return n_pages


def _flavour(file: BinaryIO, path: Path) -> tuple[str, _Widths]:
    """Return the byte order and the widths of the numbers, from the first four bytes."""
    order = _ORDER.get(file.read(2))
    magic = _number(file, 2, f"{order}H") if order else None
    if order is None or magic not in _FLAVOUR:
        raise Invalid(f"{path}: cannot be read as TIFF (it does not begin like one)")
    return order, _FLAVOUR[magic]


def _next(file: BinaryIO, place: int, order: str, flavour: _Widths) -> int | None:
    """Return where the directory after the one at ``place`` lies, None where this one is cut."""
    n_entries = _number(file, place, f"{order}{flavour.count}")
    if not n_entries:
        return None
    end = place + struct.calcsize(flavour.count) + n_entries * flavour.entry
    return _number(file, end, f"{order}{flavour.pointer}")


def _number(file: BinaryIO, place: int, form: str) -> int | None:
    file.seek(place)
    found = file.read(struct.calcsize(form))
    return int(struct.unpack(form, found)[0]) if len(found) == struct.calcsize(form) else None
