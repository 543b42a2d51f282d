from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.fair_shares import SILENCE_S, Ledger, fair_shares


@pytest.mark.parametrize(
    ("total", "wanted", "expected"),
    [
        (8, {"a": 8}, {"a": 8}),
        (8, {"a": 8, "b": 8}, {"a": 4, "b": 4}),
        (5, {"a": 8, "b": 8}, {"a": 3, "b": 2}),
        (8, {"a": 8, "b": 1}, {"a": 7, "b": 1}),
        (8, {"a": 2, "b": 8, "c": 8}, {"a": 2, "b": 3, "c": 3}),
        (8, {"a": 0, "b": 8}, {"a": 0, "b": 8}),
        (1, {"a": 8, "b": 8}, {"a": 1, "b": 1}),
        (0, {"a": 8}, {"a": 1}),
        (8, {}, {}),
    ],
)
def test_slots_are_dealt_in_turns_in_order_of_arrival(
    total: int, wanted: dict[str, int], expected: dict[str, int]
) -> None:
    assert fair_shares(total, wanted) == expected


@given(
    total=st.integers(0, 200),
    wanted=st.dictionaries(st.text(max_size=2), st.integers(0, 50), max_size=12),
)
def test_nothing_is_wasted_and_nobody_starves(total: int, wanted: dict[str, int]) -> None:
    shares = fair_shares(total, wanted)
    assert all((share >= 1) == (wanted[name] >= 1) for name, share in shares.items())
    assert all(share <= wanted[name] for name, share in shares.items())
    n_hungry = sum(n > 0 for n in wanted.values())
    assert sum(shares.values()) == max(min(total, sum(wanted.values())), n_hungry)
    unmet = [share for name, share in shares.items() if share < wanted[name]]
    if unmet:
        assert max(shares.values()) - min(unmet) <= 1


def test_who_falls_silent_or_leaves_gives_its_share_back() -> None:
    now_s = 0.0
    ledger = Ledger(lambda: now_s)
    assert ledger.ask("a", 8, 8) == 8
    assert ledger.ask("b", 8, 8) == 4
    assert ledger.ask("a", 8, 8) == 4
    now_s = SILENCE_S + 1
    assert ledger.ask("b", 8, 8) == 8
    assert ledger.ask("a", 8, 8) == 4
    ledger.leave("b")
    assert ledger.ask("a", 8, 8) == 8
