"""What an evaluation is worth: improvement, success and constraints as a sum of logarithms."""

from __future__ import annotations

import numpy as np

from agents.acquisition.gain import Gain
from agents.surrogates.belief import form_belief
from agents.surrogates.view import View
from experiments.campaign import Constraint
from experiments.observation import FailureKind
from tests.contracts.decider_contract import DURATION, campaign_of, observed, question_of

X = np.random.default_rng(2).random((30, 2))
NO_BASE = np.empty((0, 2))


def test_a_limit_adds_its_log_odds():
    limit = Constraint(metric=DURATION, max=2.2e6, at_power_W=100)
    gains = []
    for limits in ((), (limit,)):
        campaign = campaign_of(constraints=limits)
        belief = form_belief(question_of(campaign, observed(campaign, 15)))
        assert belief is not None
        view = View(belief, X)
        gains.append(Gain(belief, NO_BASE, seed=0).at_target(view))
    np.testing.assert_allclose(gains[1] - gains[0], np.log(view.constraint_probability()))


def test_designs_that_fail_promise_less():
    campaign = campaign_of()
    good = observed(campaign, 15)
    bad = observed(
        campaign,
        9,
        failure=FailureKind.not_percolating,
        from_point=lambda i: [0.9 + 0.01 * i, 0.05 * i],
    )
    with_failures = form_belief(question_of(campaign, good + bad))
    without = form_belief(question_of(campaign, good))
    assert with_failures is not None
    assert without is not None
    there = np.array([[0.95, 0.2]])
    told = [Gain(b, NO_BASE, seed=0).at_target(View(b, there))[0] for b in (with_failures, without)]
    assert told[0] < told[1] - 0.5


def test_the_target_reveals_most_and_a_faithful_level_much():
    campaign = campaign_of()
    belief = form_belief(question_of(campaign, observed(campaign, 24)))
    assert belief is not None
    gain, view = Gain(belief, NO_BASE, seed=0), View(belief, X)
    target, coarse = gain.share_revealed(view, 0), gain.share_revealed(view, 1)
    assert (target >= coarse - 1e-6).mean() > 0.9
    assert np.median(coarse) > 0.1
