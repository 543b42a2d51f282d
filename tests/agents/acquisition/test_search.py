"""Candidates picked one after another, each accounting for those before it."""

from __future__ import annotations

import numpy as np

from agents.acquisition.cellwright import CellwrightDecider
from agents.acquisition.level_choice import N_EXPLOITING
from experiments.job import new_job
from tests.agents.acquisition.stand_in import electrode_campaign, evaluate, screen
from tests.contracts.decider_contract import campaign_of, nothing_known, observed, question_of


def rank(question):
    return CellwrightDecider(screen=nothing_known).rank(question).candidates


def test_a_batch_spreads_instead_of_repeating_its_best():
    campaign = campaign_of()
    found = rank(question_of(campaign, observed(campaign, 24), left={"coarse": 0, "fine": 12}))
    points = np.array([campaign.design.to_unit(candidate.design) for candidate in found])
    between = np.linalg.norm(points[:, None] - points[None], axis=-1)
    assert between[np.triu_indices(len(points), 1)].min() > 1e-3


def test_a_pending_job_takes_the_place_of_its_candidate():
    campaign = campaign_of()
    observations = observed(campaign, 24)
    left = {"coarse": 0, "fine": 12}
    first = rank(question_of(campaign, observations, left=left))[0]
    job = new_job(campaign.name, first.design, first.fidelity, campaign_seed=campaign.seed)
    again = rank(question_of(campaign, observations, left=left, pending=(job,)))[0]
    assert again.design != first.design


def test_first_target_evaluations_repeat_what_the_cheap_level_saw():
    campaign = electrode_campaign(1)
    decider = CellwrightDecider(screen=screen)
    start = decider.rank(question_of(campaign, left={"coarse": 24, "fine": 8}, n_candidates=8))
    coarse = tuple(
        evaluate(new_job(campaign.name, c.design, c.fidelity, campaign_seed=campaign.seed))
        for c in start.candidates
    )
    found = decider.rank(question_of(campaign, coarse, left={"coarse": 16, "fine": 8}))
    seen = {o.job.design.key for o in coarse}
    probes = [c for c in found.candidates if c.fidelity == "fine"]
    assert probes
    assert probes[0].design.key in seen
    assert "agree" in probes[0].reason


def test_the_last_target_evaluations_go_where_the_mean_is_best():
    campaign = campaign_of()
    left = {"coarse": 0, "fine": N_EXPLOITING}
    found = rank(question_of(campaign, observed(campaign, 24), left=left))
    assert [candidate.reason for candidate in found] == ["best expected"] * N_EXPLOITING
