"""Fixed orders: all levels advance together, nothing is dispatched twice."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from agents.acquisition.fixed_sequence import feasible_designs, in_fixed_order
from agents.acquisition.sobol import sobol_blocks
from experiments.design_space import Categorical
from experiments.errors import Invalid
from tests.contracts.decider_contract import campaign_of, nothing_known, observed, question_of


def test_a_finite_space_ends_when_nothing_new_appears():
    campaign = campaign_of((Categorical(name="kind", choices=("round", "flat")),))
    designs = list(feasible_designs(campaign, sobol_blocks(campaign), nothing_known))
    assert len(designs) == 2


def test_a_space_without_a_feasible_design_names_what_stood_against_it():
    campaign = campaign_of()
    blocks = itertools.repeat(np.random.default_rng(0).random((8192, 2)))
    with pytest.raises(Invalid, match="16384 x too thick"):
        next(feasible_designs(campaign, blocks, lambda *_: "too thick"))


def test_levels_advance_together():
    campaign = campaign_of()
    question = question_of(campaign, left={"coarse": 24, "fine": 8}, n_candidates=8)
    designs = feasible_designs(campaign, sobol_blocks(campaign), nothing_known)
    levels = [c.fidelity for c in in_fixed_order(question, designs, "fixed")]
    assert levels.count("coarse") == 6
    assert levels.count("fine") == 2


def test_the_order_does_not_depend_on_what_came_back():
    campaign = campaign_of()

    def asked(observations):
        left = {"coarse": 24, "fine": 8}
        for observation in observations:
            left[observation.job.fidelity] -= 1
        designs = feasible_designs(campaign, sobol_blocks(campaign), nothing_known)
        question = question_of(campaign, observations, left=left, n_candidates=32)
        return {(c.design.key, c.fidelity) for c in in_fixed_order(question, designs, "fixed")}

    assert asked(observed(campaign, 6)) <= asked(())
