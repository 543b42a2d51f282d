"""A view asks each process once and catches up with what is believed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from agents.surrogates.belief import form_belief
from agents.surrogates.view import View
from experiments.campaign import Constraint
from tests.contracts.decider_contract import DURATION, ENERGY, campaign_of, observed, question_of

X = np.random.default_rng(0).random((20, 2))


@pytest.fixture(scope="module")
def belief():
    limit = Constraint(metric=DURATION, max=2.1e6, at_power_W=100, confidence=0.9)
    campaign = campaign_of(constraints=(limit,))
    found = form_belief(question_of(campaign, observed(campaign, 18)))
    assert found is not None
    return found


def test_a_view_that_caught_up_equals_a_new_one(belief):
    view = View(belief, X)
    for level in (0, 1):
        view.seen(ENERGY, level)
    later = belief.believing(X[:1], 0).believing(X[3:4], 1)
    old, new = view.under(later), View(later, X)
    for level in (0, 1):
        np.testing.assert_allclose(
            old.seen(ENERGY, level).sds, new.seen(ENERGY, level).sds, rtol=1e-5, atol=1e-7
        )
    np.testing.assert_allclose(
        old.constraint_probability(), new.constraint_probability(), rtol=1e-5
    )


def test_constraints_are_kept_by_their_confidence(belief):
    view = View(belief, X)
    key = belief.campaign.metric_key(belief.campaign.constraints[0])
    mean, sd = view.mean_and_sd(key)
    expected = norm.cdf((belief.processes[key].to_latent(2.1e6) - mean) / sd)
    np.testing.assert_allclose(view.constraint_probability(), expected, atol=1e-200)
    np.testing.assert_array_equal(view.keeps_constraints(), expected >= 0.9)


def test_predictions_hold_the_noise_of_a_next_evaluation(belief):
    predicted = View(belief, X).predict()
    process = belief.processes[ENERGY]
    _, noise_free = process.moments(*View(belief, X).mean_and_sd(ENERGY), np.zeros(len(X), int))
    for one, sd in zip(predicted, noise_free, strict=True):
        assert one[ENERGY].sd > sd
        assert one[ENERGY].low < one[ENERGY].mean < one[ENERGY].high
