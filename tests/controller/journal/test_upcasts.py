from __future__ import annotations

import json
from typing import Any

import pytest

from controller.journal.upcasts import BODY_VERSION, UPCASTS, present_body
from experiments.errors import Rejected


def renamed(plain: dict[str, Any]) -> dict[str, Any]:
    return {("reason" if key == "why" else key): value for key, value in plain.items()}


def doubled(plain: dict[str, Any]) -> dict[str, Any]:
    return {**plain, "reason": plain["reason"] * 2}


def test_a_body_of_the_present_format_is_not_touched() -> None:
    assert present_body(b" {}", BODY_VERSION, 1) == b" {}"
    assert len(UPCASTS) + 1 == BODY_VERSION


def test_every_step_from_an_old_format_on_is_taken_in_order() -> None:
    first, second = b'{"why": "x"}', b'{"reason": "x"}'
    for version, body in ((1, first), (2, second)):
        found = present_body(body, version, 1, (renamed, doubled))
        assert json.loads(found) == {"reason": "xx"}


@pytest.mark.parametrize("version", [0, 2, 9])
def test_a_format_of_the_future_is_refused_with_its_place(version: int) -> None:
    with pytest.raises(Rejected, match=f"position 7 holds an event of format {version}"):
        present_body(b"{}", version, 7)
