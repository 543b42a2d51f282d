"""What a candidate tells about itself."""

from __future__ import annotations

import pytest

from agents.acquisition.cellwright import CellwrightDecider
from experiments.ranking import Ranking
from tests.contracts.decider_contract import (
    ENERGY,
    campaign_of,
    nothing_known,
    observed,
    question_of,
)


@pytest.fixture(scope="module")
def ranking() -> Ranking:
    campaign = campaign_of()
    question = question_of(campaign, observed(campaign, 18))
    return CellwrightDecider(screen=nothing_known).rank(question)


def test_every_candidate_has_an_interval_around_its_mean(ranking):
    for candidate in ranking.candidates:
        predicted = candidate.predicted[ENERGY]
        assert predicted.low < predicted.mean < predicted.high
        assert predicted.sd > 0


def test_every_candidate_says_how_likely_it_beats_the_incumbent(ranking):
    chances = [candidate.beats_incumbent for candidate in ranking.candidates]
    assert all(chance is not None and 0 <= chance <= 1 for chance in chances)
    assert max(chances) > 0.05


def test_the_nearest_observation_is_named(ranking):
    ids = {o.job.id for o in observed(campaign_of(), 18)}
    for candidate in ranking.candidates:
        assert candidate.nearest is not None
        assert candidate.nearest.job_id in ids


def test_extrapolation_is_said():
    campaign = campaign_of()
    corner = observed(campaign, 9, from_point=lambda i: [0.05 * i, 0.3 + 0.04 * i])
    ranking = CellwrightDecider(screen=nothing_known).rank(question_of(campaign, corner))
    for candidate in ranking.candidates:
        inside = candidate.design.values["a"] <= 0.4 and -2 <= candidate.design.values["b"] <= 1.2
        assert candidate.is_inside_data == inside
