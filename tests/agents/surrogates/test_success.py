"""The odds of success: learned from design failures, deaf to machines."""

from __future__ import annotations

import numpy as np
import pytest

from agents.surrogates.encoding import encoding_of
from agents.surrogates.success import learn_success
from experiments.observation import FailureKind
from tests.contracts.decider_contract import campaign_of, observed

CAMPAIGN = campaign_of()
ENCODING = encoding_of(CAMPAIGN.design)


def half_failed(kind: FailureKind, n: int = 24):
    good = observed(CAMPAIGN, n)
    bad = observed(CAMPAIGN, n, failure=kind)
    return [b if g.job.design.values["a"] < 0.4 else g for g, b in zip(good, bad, strict=True)]


def test_without_failures_success_is_likely_everywhere():
    model = learn_success(CAMPAIGN, observed(CAMPAIGN, 10), ENCODING)
    assert (model.probability(np.random.default_rng(0).random((5, 2)), 0) > 0.9).all()


@pytest.mark.parametrize("level", [0, 1])
def test_a_failing_region_is_learned_at_every_level(level):
    model = learn_success(CAMPAIGN, half_failed(FailureKind.not_percolating), ENCODING)
    failing = model.probability(np.array([[0.1, 0.5], [0.2, 0.3]]), level)
    working = model.probability(np.array([[0.8, 0.5], [0.9, 0.3]]), level)
    assert (failing < 0.4).all()
    assert (working > 0.8).all()


@pytest.mark.parametrize(
    "kind", [FailureKind.timed_out, FailureKind.worker_died, FailureKind.internal_error]
)
def test_machines_that_fail_say_nothing_about_a_design(kind):
    model = learn_success(CAMPAIGN, half_failed(kind), ENCODING)
    assert (model.probability(np.array([[0.1, 0.5]]), 0) > 0.9).all()


def test_a_lonely_solver_failure_is_no_evidence():
    seen = list(observed(CAMPAIGN, 20))
    seen[7] = observed(CAMPAIGN, 20, failure=FailureKind.solver_failed)[7]
    model = learn_success(CAMPAIGN, seen, ENCODING)
    x = ENCODING.encode([seen[7].job.design])
    assert model.probability(x, 1)[0] > 0.9


def test_solver_failures_that_cluster_are():
    model = learn_success(CAMPAIGN, half_failed(FailureKind.solver_failed), ENCODING)
    assert model.probability(np.array([[0.1, 0.5]]), 0)[0] < 0.4


def test_everything_failed_gives_low_odds_near_what_was_tried():
    seen = observed(CAMPAIGN, 9, failure=FailureKind.not_percolating)
    model = learn_success(CAMPAIGN, seen, ENCODING)
    assert (model.probability(ENCODING.encode([o.job.design for o in seen]), 1) < 0.4).all()


def test_failures_at_one_level_warn_the_other_less_than_their_own():
    seen = [
        o
        for o in half_failed(FailureKind.not_percolating, 36)
        if o.job.fidelity == "coarse" or not o.is_failed
    ]
    model = learn_success(CAMPAIGN, seen, ENCODING)
    x = np.array([[0.15, 0.5]])
    assert model.probability(x, 1)[0] < model.probability(x, 0)[0] < 0.9
