"""A list whose older values lie packed, as compressed JSON, and are decoded when looked at.

A campaign's observation takes about 30 kB of memory as objects and 1 kB packed. Control holds all
of them for months and looks at the latest; whoever reads a campaign to its end keeps objects.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Generic, Self, SupportsIndex, TypeVar

RECENT: Final = 256
"""Values at the end that stay objects: more than are looked at again while a job is under way
(assumed; at most some 8 MB)."""
_LEVEL: Final = 1
"""Of compression: the fastest; the best makes a tenth less of it, in twice the time (measured on
observations)."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class Codec(Generic[Value]):
    """How a value becomes JSON bytes and the same value again."""

    encode: Callable[[Value], bytes]
    decode: Callable[[bytes], Value]

    def pack(self, value: Value) -> bytes:
        """Return the value's packed bytes."""
        return pack_json(self.encode(value))

    def unpack(self, packed: bytes) -> Value:
        """Return the value. Raises ``zlib.error`` and ``ValueError`` for other bytes."""
        return self.decode(zlib.decompress(packed))


def pack_json(text: bytes) -> bytes:
    """Return a value's JSON as it lies in the list."""
    return zlib.compress(text, _LEVEL)


class PackedList(list[Any]):
    """Grows at its end; what lies in it as bytes is decoded for whoever asks, and stays bytes."""

    def __init__(self, codec: Codec[Any], values: Iterable[Any] = ()) -> None:
        """Take values, or their packed bytes."""
        super().__init__(values)
        self._codec = codec
        for place in range(len(self) - RECENT):
            self._pack(place)

    def append(self, value: Any) -> None:
        """Add a value, or its packed bytes."""
        super().append(value)
        if len(self) > RECENT:
            self._pack(len(self) - 1 - RECENT)

    def copy(self) -> Self:
        """Return a list of its own with the same values, decoding none."""
        return type(self)(self._codec, super().__iter__())

    def packed(self, n: int) -> Iterator[bytes]:
        """Return the first values packed, whatever was decoded of them."""
        for place in range(n):
            value = super().__getitem__(place)
            yield value if isinstance(value, bytes) else self._codec.pack(value)

    def __getitem__(self, place: SupportsIndex | slice) -> Any:
        value = super().__getitem__(place)
        if isinstance(place, slice):
            return [self._decoded(one) for one in value]
        return self._decoded(value)

    def __iter__(self) -> Iterator[Any]:
        for place in range(len(self)):
            yield self[place]

    def _decoded(self, value: Any) -> Any:
        return self._codec.unpack(value) if isinstance(value, bytes) else value

    def _pack(self, place: int) -> None:
        value = super().__getitem__(place)
        if not isinstance(value, bytes):
            self[place] = self._codec.pack(value)
