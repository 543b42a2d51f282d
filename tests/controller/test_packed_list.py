from __future__ import annotations

import json
from typing import Any

import pytest

from controller.growing_map import GrowingMap
from controller.packed_list import RECENT, Codec, PackedList, pack_json


def counting() -> tuple[Codec[Any], list[bytes]]:
    """Return a codec of plain values, and everything it was asked to decode."""
    decoded: list[bytes] = []

    def decode(text: bytes) -> Any:
        decoded.append(text)
        return json.loads(text)

    return Codec(lambda value: json.dumps(value).encode(), decode), decoded


def raw(values: list[Any]) -> list[Any]:
    return list(list.__iter__(values))


def test_older_values_lie_packed_and_are_read_as_they_were() -> None:
    codec, decoded = counting()
    found = PackedList(codec)
    for n in range(RECENT + 3):
        found.append({"n": n})
    assert [isinstance(one, bytes) for one in raw(found)] == [True] * 3 + [False] * RECENT
    assert decoded == []
    assert found[1] == {"n": 1}
    assert len(decoded) == 1
    assert list(found) == [{"n": n} for n in range(RECENT + 3)]
    assert isinstance(raw(found)[1], bytes), "looking at a value keeps no object"


def test_values_given_at_once_are_packed_too() -> None:
    codec, _ = counting()
    found = PackedList(codec, range(RECENT + 2))
    assert [isinstance(one, bytes) for one in raw(found)] == [True] * 2 + [False] * RECENT
    assert found[:3] == [0, 1, 2]


def test_a_value_may_come_packed() -> None:
    codec, decoded = counting()
    found = PackedList(codec)
    found.append(pack_json(b'{"n": 7}'))
    assert decoded == []
    assert found[0] == {"n": 7}
    assert [json.loads(codec.encode(codec.unpack(one))) for one in found.packed(1)] == [{"n": 7}]


def test_a_copy_decodes_nothing_and_goes_its_own_way() -> None:
    codec, decoded = counting()
    first = PackedList(codec, range(RECENT + 5))
    second = first.copy()
    second.append("new")
    second[0] = "changed"
    assert decoded == []
    assert first[0] == 0
    assert len(first) == RECENT + 5
    assert second[0] == "changed"


def test_other_bytes_are_refused() -> None:
    codec, _ = counting()
    with pytest.raises(Exception, match="incorrect header"):
        codec.unpack(b"no packed value")


def test_a_growing_map_of_packed_values_decodes_only_what_is_asked_for() -> None:
    codec, decoded = counting()
    found: GrowingMap[str, Any] = GrowingMap.of([], PackedList(codec))
    for n in range(RECENT + 10):
        found = found.plus(f"k{n}", n)
    assert list(found.values_from(8)) == list(range(8, RECENT + 10))
    assert len(decoded) == 2
    changed = found.with_changed("k3", "other")
    other_way = found.plus("left", 1), found.plus("right", 2)
    assert len(decoded) == 2
    assert changed["k3"] == "other"
    assert found["k3"] == 3
    assert [list(one)[-1] for one in other_way] == ["left", "right"]
    assert dict(changed) == {**dict(found), "k3": "other"}
