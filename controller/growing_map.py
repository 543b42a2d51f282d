"""A mapping that only grows: adding gives another one and leaves the first as it was.

Both share their storage, so a campaign's state after one more event costs no copy of the hundred
thousand before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, ValuesView
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass
class _Storage(Generic[Key, Value]):
    """Entries in order of arrival; a map sees the first so many of them."""

    places: dict[Key, int] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    companion: object = None


class GrowingMap(Mapping[Key, Value]):
    """Immutable for whoever holds it, and safe to read while another thread adds."""

    __slots__ = ("_is_lent", "_n", "_storage")

    def __init__(self, entries: Mapping[Key, Value] | None = None) -> None:
        """Hold the entries in their order."""
        self._storage: _Storage[Key, Value] = _Storage()
        self._n = 0
        self._is_lent = False
        if entries:
            self._storage.keys.extend(entries)
            self._storage.values.extend(entries.values())
            self._storage.places.update((key, n) for n, key in enumerate(entries))
            self._n = len(entries)

    @classmethod
    def of(cls, keys: list[Key], values: list[Value]) -> GrowingMap[Key, Value]:
        """Return the map of keys and, in the same order, their values; both lists become its own.

        Raises ``ValueError`` where they do not fit each other.
        """
        made = cls()
        storage = made._storage
        storage.keys, storage.values = keys, values
        storage.places.update((key, n) for n, key in enumerate(keys))
        made._n = len(storage.places)
        if not len(keys) == len(values) == made._n:
            raise ValueError(f"{len(keys)} keys, {made._n} of them different, {len(values)} values")
        return made

    @property
    def storage_values(self) -> list[Value]:
        """The list that the values lie in; it may hold some that this map does not."""
        return self._storage.values

    def values_from(self, place: int) -> Iterator[Value]:
        """Return the values from a place on; those before it are not looked at."""
        values = self._storage.values
        return (values[i] for i in range(place, self._n))

    def plus(self, key: Key, value: Value) -> GrowingMap[Key, Value]:
        """Return the map with one entry more. Raises ``KeyError`` for a key that is there."""
        if key in self:
            raise KeyError(key)
        storage = self._storage
        if self._is_lent or len(storage.keys) != self._n:  # the storage is somebody else's
            storage = self._copied()
        storage.values.append(value)
        storage.places[key] = self._n
        storage.keys.append(key)
        grown: GrowingMap[Key, Value] = GrowingMap.__new__(GrowingMap)
        grown._storage = storage
        grown._n = self._n + 1
        grown._is_lent = False
        return grown

    def lent(self) -> GrowingMap[Key, Value]:
        """Return the same map for another thread: adding to that one leaves the storage alone."""
        lent: GrowingMap[Key, Value] = GrowingMap.__new__(GrowingMap)
        lent._storage, lent._n, lent._is_lent = self._storage, self._n, True
        return lent

    @property
    def companion(self) -> object:
        """What somebody keeps beside the storage: figures that grow along with the entries.

        It may have seen entries that this map does not hold.
        """
        return self._storage.companion

    @companion.setter
    def companion(self, value: object) -> None:
        self._storage.companion = value

    def with_changed(self, key: Key, value: Value) -> GrowingMap[Key, Value]:
        """Return a copy with another value for a key; takes time for every entry.

        Raises ``KeyError`` for a key that is not there.
        """
        if key not in self:
            raise KeyError(key)
        changed: GrowingMap[Key, Value] = GrowingMap.__new__(GrowingMap)
        changed._storage = self._copied()
        changed._storage.values[self._storage.places[key]] = value
        changed._n = self._n
        changed._is_lent = False
        return changed

    def _copied(self) -> _Storage[Key, Value]:
        """Return these entries in a storage of their own, the values as they lie in the list."""
        keys = self._storage.keys[: self._n]
        values = self._storage.values.copy()
        del values[self._n :]
        return _Storage({key: place for place, key in enumerate(keys)}, keys, values)

    def __getitem__(self, key: Key) -> Value:
        place = self._storage.places[key]
        if place >= self._n:
            raise KeyError(key)
        return self._storage.values[place]

    def __contains__(self, key: object) -> bool:
        places: dict[Any, int] = self._storage.places
        return places.get(key, self._n) < self._n

    def __iter__(self) -> Iterator[Key]:
        return islice(self._storage.keys, self._n)

    def __len__(self) -> int:
        return self._n

    def values(self) -> ValuesView[Value]:
        """Return the values in order; going through them costs no look-up."""
        return _Values(self)

    def __repr__(self) -> str:
        return f"GrowingMap({dict(self)!r})"


class _Values(ValuesView[Value]):
    """The values, read from the list they lie in."""

    def __init__(self, of: GrowingMap[Key, Value]) -> None:
        super().__init__(of)
        self._values = of._storage.values
        self._n = len(of)

    def __iter__(self) -> Iterator[Value]:
        return islice(self._values, self._n)

    def __reversed__(self) -> Iterator[Value]:
        return (self._values[i] for i in range(self._n - 1, -1, -1))


def values_from(mapping: Mapping[Key, Value], place: int) -> Iterator[Value]:
    """Return any mapping's values from a place on; a growing one looks at no others."""
    if isinstance(mapping, GrowingMap):
        return mapping.values_from(place)
    return islice(mapping.values(), place, None)
