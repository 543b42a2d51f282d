"""Which level is next: probes first, cheap levels ahead, the best expected last."""

from __future__ import annotations

from agents.acquisition.level_choice import Offer, Phase, Stock, choose
from experiments.design import Design


def stock(
    done: int, left: int, cheap_done: int, cheap_left: int, *, is_shared=False, wanted=0
) -> Stock:
    return Stock(
        done=(done, cheap_done),
        left=(left, cheap_left),
        is_shared=is_shared,
        n_pairs_wanted=wanted,
    )


def offers(target_gain: float, cheap_gain: float, state: Stock) -> list[Offer]:
    return [
        Offer(level, Design(), gain, n_left, "why")
        for level, (gain, n_left) in enumerate(
            zip((target_gain, cheap_gain), state.left, strict=True)
        )
    ]


def test_the_first_target_evaluations_are_paired_probes():
    assert stock(0, 8, 8, 16).phase is Phase.probe
    assert stock(1, 7, 8, 16).phase is Phase.probe
    assert stock(2, 6, 8, 16).phase is Phase.explore


def test_without_a_cheap_level_there_is_nothing_to_pair():
    assert stock(0, 8, 0, 0).phase is Phase.explore


def test_a_tiny_target_budget_is_not_spent_on_probes():
    assert stock(0, 2, 8, 16).phase is not Phase.probe


def test_missing_pairs_take_every_other_target_evaluation():
    assert stock(4, 26, 30, 30, wanted=3).is_pairing
    assert not stock(5, 25, 30, 30, wanted=3).is_pairing
    assert not stock(4, 26, 30, 30, wanted=0).is_pairing


def test_the_last_target_evaluations_exploit_once_cheap_levels_are_spent():
    assert stock(6, 2, 24, 3).phase is Phase.explore
    assert stock(6, 2, 24, 0).phase is Phase.exploit
    assert stock(7, 1, 24, 0).phase is Phase.exploit


def test_with_one_budget_for_all_exploiting_does_not_wait_for_the_cheap_levels():
    assert stock(6, 2, 24, 20, is_shared=True).phase is Phase.exploit


def test_half_of_the_target_waits_until_separate_cheap_budgets_are_spent():
    state = stock(4, 4, 15, 1)
    assert choose(offers(0.0, -50.0, state), state).level == 1
    shared = stock(4, 4, 15, 1, is_shared=True)
    assert choose(offers(0.0, -50.0, shared), shared).level == 0


def test_gain_is_weighed_against_how_much_is_left():
    state = stock(2, 6, 8, 16)
    assert choose(offers(-1.0, -1.5, state), state).level == 1
    assert choose(offers(-1.0, -2.5, state), state).level == 0


def test_a_shared_budget_keeps_a_quota_for_the_target():
    state = stock(2, 10, 80, 100, is_shared=True)
    assert state.is_under_quota
    assert choose(offers(-50.0, 0.0, state), state).level == 0
    assert not stock(4, 10, 80, 100, is_shared=True).is_under_quota
