"""Hyperparameters kept between milestones: the same wherever and whenever they are asked for."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import agents.surrogates.belief as belief_module
from agents.surrogates.belief import Belief, form_belief
from agents.surrogates.kept_fit import ALWAYS_BELOW, GROWTH, KeptFits, decisive, milestone
from tests.agents.surrogates.test_process import GROUP, data_of
from tests.contracts.decider_contract import ENERGY, campaign_of, observed, question_of


@given(st.integers(0, 100_000))
def test_a_milestone_is_close_behind_and_never_moves_back(n):
    assert milestone(n) <= n
    assert milestone(n) <= milestone(n + 1)
    assert milestone(n) == n or n < GROWTH * (milestone(n) + 1)
    if n < ALWAYS_BELOW:
        assert milestone(n) == n


def test_every_level_has_its_own_milestone():
    data = data_of(100, 12)
    mask = decisive(data)
    assert mask[data.level == 0].all()
    assert mask[data.level == 1].sum() == milestone(100) < 100


def test_what_was_learned_is_kept_and_content_decides():
    kept = KeptFits()
    first = kept.learned(data_of(12, 4), GROUP)
    assert kept.learned(data_of(12, 4), GROUP) is first
    assert kept.learned(data_of(12, 5), GROUP) is not first


def believed(n: int) -> Belief:
    campaign = campaign_of()
    found = form_belief(question_of(campaign, observed(campaign, n)))
    assert found is not None
    return found


def test_a_process_that_has_just_started_believes_what_an_old_one_does(monkeypatch):
    """Of 100 values 66 are coarse, of 101 67: both have the milestone 64."""
    rows = np.random.default_rng(0).random((5, 2))
    monkeypatch.setattr(belief_module, "_KEPT", KeptFits())
    before, after = believed(100).processes[ENERGY], believed(101).processes[ENERGY]
    assert np.array_equal(before.weights, after.weights)
    assert not np.array_equal(before.mean(rows), after.mean(rows))
    monkeypatch.setattr(belief_module, "_KEPT", KeptFits())
    cold = believed(101).processes[ENERGY]
    assert np.array_equal(cold.mean(rows), after.mean(rows))
    assert np.array_equal(cold.predictive(rows)[1], after.predictive(rows)[1])
