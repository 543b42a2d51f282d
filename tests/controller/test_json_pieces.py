from __future__ import annotations

import json
from typing import Any

import pytest

from controller.json_pieces import _AT_ONCE, json_pieces

N = 2 * _AT_ONCE + 1


@pytest.mark.parametrize(
    "value",
    [
        None,
        "é\n",
        {},
        [],
        {"a": {}, "b": [], "c": [[]]},
        {1: "whole", 2: [None, True, 0.1]},
        list(range(N)),
        {"names": {f"n{i}": i for i in range(N)}, "more": {"deep": {"list": ["x"] * N}}},
        [[i, {"a": [i]}] for i in range(N)],
        ("a", ("b", 1)),
    ],
)
def test_the_pieces_are_the_json_of_the_whole(value: Any) -> None:
    assert "".join(json_pieces(value)) == json.dumps(value)


def test_no_piece_is_long() -> None:
    value = {"a": list(range(50 * _AT_ONCE)), "b": {"c": {str(i): i for i in range(N)}}}
    pieces = list(json_pieces(value))
    assert len(pieces) > 50
    assert max(map(len, pieces)) < 16 * _AT_ONCE
