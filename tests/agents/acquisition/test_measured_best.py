"""The best measured design keeps the constraints and stands at the target."""

from __future__ import annotations

import math

import pytest

from agents.acquisition.measured_best import measured_best
from experiments.campaign import Constraint
from tests.contracts.decider_contract import DURATION, ENERGY, campaign_of, observed, question_of


def test_only_target_values_compete():
    campaign = campaign_of()
    observations = observed(campaign, 12)
    best = measured_best(question_of(campaign, observations))
    assert best is not None
    fine = [o.value(ENERGY) for o in observations if o.job.fidelity == "fine"]
    assert best.predicted[ENERGY].mean == max(fine)
    assert best.predicted[ENERGY].sd == pytest.approx(math.sqrt(2e-6 / 2))


def test_a_design_that_breaks_a_limit_is_passed_over():
    campaign = campaign_of()
    observations = observed(campaign, 12)
    free = measured_best(question_of(campaign, observations))
    assert free is not None
    limit = free.predicted[DURATION].mean
    held = campaign_of(constraints=(Constraint(metric=DURATION, min=limit + 1, at_power_W=100),))
    best = measured_best(question_of(held, observations))
    assert best is not None
    assert best.design != free.design


def test_nothing_measured_at_the_target_is_none():
    campaign = campaign_of()
    assert measured_best(question_of(campaign, observed(campaign, 2))) is None
