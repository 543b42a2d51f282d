from __future__ import annotations

import pytest

from controller.growing_map import GrowingMap


def grown(n: int) -> GrowingMap[str, int]:
    found: GrowingMap[str, int] = GrowingMap()
    for i in range(n):
        found = found.plus(f"k{i}", i)
    return found


def test_adding_leaves_the_map_as_it_was() -> None:
    before = grown(3)
    after = before.plus("new", 9)
    assert dict(before) == {"k0": 0, "k1": 1, "k2": 2}
    assert dict(after) == {**before, "new": 9}
    assert "new" not in before
    with pytest.raises(KeyError):
        before["new"]


def test_two_ways_on_from_one_map_do_not_meet() -> None:
    trunk = grown(2)
    left, right = trunk.plus("left", 1), trunk.plus("right", 2)
    assert list(left) == ["k0", "k1", "left"]
    assert list(right) == ["k0", "k1", "right"]
    assert list(left.plus("right", 3).values()) == [0, 1, 1, 3]


def test_it_equals_a_dict_of_the_same_entries_and_keeps_their_order() -> None:
    entries = {"b": 1, "a": 2}
    found = GrowingMap(entries)
    assert found == entries
    assert found == GrowingMap({"a": 2, "b": 1})
    assert found != {"b": 1}
    assert list(found.items()) == [("b", 1), ("a", 2)]
    assert list(reversed(found.values())) == [2, 1]
    assert len(found.values()) == 2


def test_a_key_cannot_be_added_twice() -> None:
    with pytest.raises(KeyError):
        grown(1).plus("k0", 5)


def test_a_changed_value_is_in_the_copy_alone() -> None:
    before = grown(3)
    after = before.with_changed("k1", 7)
    assert list(after.values()) == [0, 7, 2]
    assert list(before.values()) == [0, 1, 2]


def test_a_map_can_be_read_while_it_grows() -> None:
    found = grown(3)
    seen = []
    for value in found.values():
        seen.append(value)
        found.plus(f"more {value}", value) if value == 1 else None
    assert seen == [0, 1, 2]
