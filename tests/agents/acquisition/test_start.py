"""How many designs open a campaign, and at which level."""

from __future__ import annotations

import pytest

from agents.acquisition.start import cheapest_level, n_start
from experiments.fidelity import Fidelity
from tests.contracts.decider_contract import COARSE, FINE, campaign_of, observed, question_of


def test_the_cheapest_level_opens():
    assert cheapest_level(campaign_of()) == "coarse"
    dear = COARSE.model_copy(update={"cost": 2.0})
    cheap = Fidelity(name="fine", voxels=64, voxel_size_um=0.5, cost=1.0)
    assert cheapest_level(campaign_of(fidelities=(dear, cheap))) == "fine"


@pytest.mark.parametrize(("left", "expected"), [(24, 6), (9, 3), (1, 1)])
def test_the_start_takes_at_most_a_third_of_what_the_level_may_spend(left, expected):
    question = question_of(campaign_of(), left={"coarse": left, "fine": 8})
    assert n_start(question) == expected


def test_what_was_spent_counts_towards_the_total():
    campaign = campaign_of(fidelities=(COARSE, FINE))
    question = question_of(campaign, observed(campaign, 12), left={"coarse": 1, "fine": 8})
    assert n_start(question) == 3
