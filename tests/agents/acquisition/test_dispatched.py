"""What counts as dispatched."""

from __future__ import annotations

from agents.acquisition.dispatched import Dispatched
from experiments.job import new_job
from tests.contracts.decider_contract import campaign_of, observed, question_of

CAMPAIGN = campaign_of()


def test_observed_and_pending_jobs_count_and_baselines_do_not():
    observations = observed(CAMPAIGN, 6)
    design = CAMPAIGN.design.from_unit([0.1, 0.9])
    pending = new_job(CAMPAIGN.name, design, "fine", campaign_seed=3)
    baseline = pending.model_copy(update={"purpose": "baseline", "fidelity": "coarse"})
    done = Dispatched(question_of(CAMPAIGN, observations, pending=(pending, baseline)))
    assert done.has(design, "fine")
    assert not done.has(design, "coarse")
    assert (done.n_at("fine"), done.n_at("coarse")) == (3, 4)


def test_a_marked_design_is_known_without_being_counted():
    done = Dispatched(question_of(CAMPAIGN))
    design = CAMPAIGN.design.from_unit([0.5, 0.5])
    done.mark(design, "fine")
    assert done.has(design, "fine")
    assert done.n_at("fine") == 0
