"""The Sobol decider's contract, and a final set that does not depend on timing."""

from __future__ import annotations

import pytest

from agents.acquisition.sobol import SobolDecider
from tests.agents.acquisition.asynchronous_loop import run_loop
from tests.agents.acquisition.stand_in import electrode_campaign, evaluate, screen
from tests.contracts.decider_contract import DeciderContract


class TestSobolDecider(DeciderContract):
    @pytest.fixture
    def make(self):
        return lambda screen: SobolDecider(screen=screen)


@pytest.mark.parametrize("n_workers", [1, 2, 7])
def test_the_final_set_does_not_depend_on_timing(n_workers):
    campaign = electrode_campaign(seed=5)
    observations, _ = run_loop(
        SobolDecider(screen=screen),
        campaign,
        evaluate,
        n_workers=n_workers,
        cost=lambda job: 1 + job.seed % 17,
    )
    undisturbed, _ = run_loop(SobolDecider(screen=screen), campaign, evaluate, n_workers=1)
    assert {o.job.id for o in observations} == {o.job.id for o in undisturbed}
    fine = [o.job.design.key for o in undisturbed if o.job.fidelity == "fine"]
    coarse = [o.job.design.key for o in undisturbed if o.job.fidelity == "coarse"]
    assert len(coarse) == 24
    assert fine == coarse[:8]


def test_a_smaller_budget_takes_the_head_of_the_sequence():
    few, _ = run_loop(SobolDecider(screen=screen), electrode_campaign(5, coarse=0), evaluate)
    many, _ = run_loop(SobolDecider(screen=screen), electrode_campaign(5), evaluate)
    fine = {o.job.id for o in many if o.job.fidelity == "fine"}
    assert {o.job.id for o in few} == fine
