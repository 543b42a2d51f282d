"""Cheap levels that mislead: judged after enough pairs, demoted, tried again."""

from __future__ import annotations

import math

import numpy as np

from agents.acquisition.cellwright import CellwrightDecider
from agents.acquisition.guards import demoted_levels, n_probes, pairs_of
from agents.surrogates.belief import form_belief
from experiments.budget import Budget
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.job import new_job
from experiments.observation import Metric, Observation
from experiments.ranking import Question
from tests.contracts.decider_contract import ENERGY, campaign_of, nothing_known


def bowl(design: Design) -> float:
    return -((float(design.values["a"]) - 0.3) ** 2) - 0.01 * float(design.values["b"]) ** 2


def noise(design: Design) -> float:
    return math.sin(9e3 * float(design.values["a"]) + 7e2 * float(design.values["b"]))


def paired(campaign: Campaign, n: int, cheap) -> tuple[Observation, ...]:
    """Return n designs evaluated at both levels; the target's answer is the bowl."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(n):
        design = campaign.design.from_unit(rng.random(2))
        for level, value in (("coarse", cheap(design)), ("fine", bowl(design))):
            job = new_job(campaign.name, design, level, campaign_seed=1)
            found.append(Observation(job=job, metrics={ENERGY: Metric(value=value)}))
    return tuple(found)


def question(campaign: Campaign, observations, fine_left: int = 16) -> Question:
    return Question(
        campaign=campaign,
        observations=observations,
        left={"coarse": 40, "fine": fine_left},
        n_candidates=6,
        position=len(observations),
    )


def demoted(cheap, n: int = 24) -> dict[str, float]:
    campaign = campaign_of()
    asked = question(campaign, paired(campaign, n, cheap))
    belief = form_belief(asked)
    assert belief is not None
    return demoted_levels(belief, pairs_of(asked), n_wanted=8)


def test_eight_pairs_are_wanted_where_the_budget_affords_them():
    assert [n_probes(n) for n in (2, 8, 24, 200)] == [1, 2, 8, 8]


def test_pairs_are_counted_by_design():
    campaign = campaign_of()
    observations = paired(campaign, 5, bowl)
    assert pairs_of(question(campaign, observations[:-1])).n == {"coarse": 4}
    assert pairs_of(question(campaign, observations)).n == {"coarse": 5}


def test_a_level_that_says_nothing_is_demoted():
    assert list(demoted(noise)) == ["coarse"]


def test_a_faithful_level_is_kept():
    assert demoted(lambda design: 0.9 * bowl(design) + 0.1) == {}


def test_an_anti_correlated_level_is_information_and_is_kept():
    assert demoted(lambda design: -bowl(design)) == {}


def test_too_few_pairs_are_no_verdict():
    assert demoted(noise, n=4) == {}


def test_a_demoted_level_is_asked_no_more_but_for_a_retest_every_ten():
    campaign = campaign_of().model_copy(
        update={"budget": Budget(evaluations={"coarse": 60, "fine": 40})}
    )
    observations = paired(campaign, 24, noise)
    ranking = CellwrightDecider(screen=nothing_known).rank(question(campaign, observations))
    assert "coarse" in ranking.demoted
    assert [c.fidelity for c in ranking.candidates].count("coarse") == 0
    lonely = []
    for i in range(12):
        design = campaign.design.from_unit([(0.07 * i + 0.03) % 1, (0.31 * i + 0.2) % 1])
        job = new_job(campaign.name, design, "fine", campaign_seed=1)
        lonely.append(Observation(job=job, metrics={ENERGY: Metric(value=bowl(design))}))
    ranking = CellwrightDecider(screen=nothing_known).rank(
        question(campaign, (*observations, *lonely))
    )
    retests = [c for c in ranking.candidates if c.fidelity == "coarse"]
    assert "coarse" in ranking.demoted
    assert len(retests) == 1
    assert {c.design.key for c in retests} <= {o.job.design.key for o in lonely}
    assert "misleads" in retests[0].reason
