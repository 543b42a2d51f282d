"""What is learned from a question, and what is not."""

from __future__ import annotations

import numpy as np

from agents.surrogates import belief as module
from agents.surrogates.belief import form_belief, merit
from experiments.campaign import Constraint, Objective
from experiments.observation import FailureKind
from tests.contracts.decider_contract import (
    DURATION,
    ENERGY,
    MASS,
    campaign_of,
    observed,
    question_of,
)


def test_objectives_and_unknown_limits_are_modelled_and_recipe_limits_are_not():
    limits = (Constraint(metric=DURATION, max=3e6, at_power_W=100), Constraint(metric=MASS, max=1))
    campaign = campaign_of(constraints=limits)
    belief = form_belief(question_of(campaign, observed(campaign, 9)))
    assert belief is not None
    assert sorted(belief.processes) == sorted([ENERGY, DURATION])
    assert belief.levels == ("fine", "coarse")


def test_nothing_but_failures_is_no_belief():
    campaign = campaign_of()
    failed = observed(campaign, 6, failure=FailureKind.not_percolating)
    assert form_belief(question_of(campaign, failed)) is None


def test_a_fit_that_fails_falls_back_to_the_prior_on_record(monkeypatch):
    def broken(self, data, group):
        raise ArithmeticError("no start")

    monkeypatch.setattr(module.KeptFits, "learned", broken)
    campaign = campaign_of()
    belief = form_belief(question_of(campaign, observed(campaign, 9)))
    assert belief is not None
    assert "no start" in belief.fallbacks[0]
    assert np.isfinite(merit(belief, np.array([[0.5, 0.5]]))).all()


def test_minimised_objectives_count_against_merit():
    x = np.random.default_rng(0).random((10, 2))
    up, down = (
        Objective(name="energy", metric=ENERGY, sense=sense, at_power_W=100)
        for sense in ("maximize", "minimize")
    )
    merits = []
    for objective in (up, down):
        campaign = campaign_of(objectives=(objective,))
        belief = form_belief(question_of(campaign, observed(campaign, 12)))
        assert belief is not None
        merits.append(merit(belief, x))
    np.testing.assert_allclose(merits[0], -merits[1])
