"""A ranking becomes jobs, once each, and only where the campaign allows them."""

from __future__ import annotations

import pytest

from controller.backlog import backlog_of, check_ranking
from experiments.design import Design
from experiments.errors import Rejected
from experiments.ranking import Candidate, Ranking
from tests.controller.doubles import small_campaign

CAMPAIGN = small_campaign()


def candidate(porosity: float, fidelity: str = "fine", replicate: int = 0) -> Candidate:
    design = Design(values={"positive.porosity": porosity})
    return Candidate(design=design, fidelity=fidelity, replicate=replicate, reason="r")


def ranking(*candidates: Candidate) -> Ranking:
    return Ranking(position=7, decider="d", decider_version="1", candidates=candidates)


def test_candidates_become_jobs_in_the_ranking_s_order() -> None:
    wanted = ranking(candidate(0.4), candidate(0.3), candidate(0.3, "coarse"))
    planned = backlog_of(CAMPAIGN, wanted, known=())
    assert [one.candidate for one in planned.values()] == list(wanted.candidates)
    assert all(one.job.id == job_id for job_id, one in planned.items())
    assert {one.ranking_position for one in planned.values()} == {7}


def test_a_candidate_named_twice_is_one_job_and_another_replicate_is_another() -> None:
    wanted = ranking(candidate(0.4), candidate(0.4), candidate(0.4, replicate=1))
    assert len(backlog_of(CAMPAIGN, wanted, known=())) == 2


def test_what_was_dispatched_before_does_not_wait_again() -> None:
    wanted = ranking(candidate(0.4), candidate(0.3))
    first, second = backlog_of(CAMPAIGN, wanted, known=())
    assert list(backlog_of(CAMPAIGN, wanted, known={first})) == [second]


def test_a_proposal_the_campaign_does_not_allow_is_rejected_by_name() -> None:
    check_ranking(CAMPAIGN, ranking(candidate(0.2), candidate(0.5, "coarse")))
    with pytest.raises(Rejected, match="the decider d proposed the fidelity 'finest'"):
        check_ranking(CAMPAIGN, ranking(candidate(0.4, "finest")))
    with pytest.raises(Rejected, match="outside of the design space"):
        check_ranking(CAMPAIGN, ranking(candidate(0.9)))
