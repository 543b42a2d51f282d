"""Which of a state's mappings lie packed while control works, and how their values are encoded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic import TypeAdapter

from controller.growing_map import GrowingMap
from controller.packed_list import Codec, PackedList
from controller.state import Dispatch, State
from experiments.observation import Observation

_DISPATCH: Final = TypeAdapter(Dispatch)
_OBSERVATION: Final = TypeAdapter(Observation)
CODECS: Final[Mapping[str, Codec[Any]]] = {
    "dispatches": Codec(_DISPATCH.dump_json, _DISPATCH.validate_json),
    "observations": Codec(_OBSERVATION.dump_json, _OBSERVATION.validate_json),
}
"""By the field of ``State``."""


def packed(state: State) -> State:
    """Return the state with these mappings packed, equal to the one before."""
    return replace(
        state,
        dispatches=packed_map("dispatches", state.dispatches),
        observations=packed_map("observations", state.observations),
    )


def lent(state: State) -> State:
    """Return the state for another thread, which may fold on while the first one does."""
    growing: dict[str, Any] = {
        name: value.lent() for name, value in vars(state).items() if isinstance(value, GrowingMap)
    }
    stored = replace(state.stored, size_bytes=state.stored.size_bytes.lent())
    return replace(state, **growing, stored=stored)


def packed_map(name: str, mapping: Mapping[str, Any]) -> GrowingMap[str, Any]:
    """Return one of these mappings packed; one that is packed is returned as it is."""
    if is_packed(mapping):
        assert isinstance(mapping, GrowingMap)
        return mapping
    return GrowingMap.of(list(mapping), PackedList(CODECS[name], mapping.values()))


def packed_values(name: str, mapping: Mapping[str, Any]) -> Iterator[bytes]:
    """Return the values of one of these mappings packed, decoding none that is."""
    values = mapping.storage_values if isinstance(mapping, GrowingMap) else None
    if isinstance(values, PackedList):
        yield from values.packed(len(mapping))
    else:
        yield from map(CODECS[name].pack, mapping.values())


def is_packed(mapping: Mapping[str, Any]) -> bool:
    """Say whether a mapping's values lie packed."""
    return isinstance(mapping, GrowingMap) and isinstance(mapping.storage_values, PackedList)
