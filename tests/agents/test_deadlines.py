from __future__ import annotations

import pytest

from agents.deadlines import ENOUGH, TIMES_MEDIAN, USUAL_VOXELS, Deadlines
from experiments.campaign import Campaign
from experiments.observation import (
    Failure,
    FailureKind,
    Metric,
    Observation,
    Provenance,
    StageRecord,
)
from tests.agents.tiny_campaign import job, tiny_campaign


def took(busy_s: float, *, cached: bool = False, failed: bool = False) -> Observation:
    record = StageRecord(
        stage="generate", version="1", key="k", cached=cached, elapsed_s=busy_s, worker="w:1"
    )
    failure = Failure(kind=FailureKind.timed_out, message="as arranged") if failed else None
    return Observation(
        job=job(tiny_campaign()),
        failure=failure,
        metrics={} if failed else {"specific_energy_Wh_per_kg": Metric(value=250.0)},
        provenance=Provenance(busy_s=busy_s, stages=(record,)),
    )


def after(*observations: Observation, campaign: Campaign | None = None) -> Deadlines:
    deadlines = Deadlines(campaign or tiny_campaign(deadline_s=100.0))
    for observation in observations:
        deadlines.learn(observation)
    return deadlines


def test_before_enough_jobs_are_known_the_campaign_and_the_longest_say() -> None:
    assert after(*[took(1.0)] * (ENOUGH - 1)).allowed_s("coarse") == 100.0
    assert after(took(10.0), took(90.0)).allowed_s("coarse") == TIMES_MEDIAN * 90.0


def test_where_jobs_take_long_the_deadline_is_many_times_their_median() -> None:
    deadlines = after(*[took(50.0)] * 3, took(10.0), took(900.0))
    assert deadlines.allowed_s("coarse") == TIMES_MEDIAN * 50.0


def test_an_unmeasured_level_is_allowed_what_its_size_makes_of_the_others() -> None:
    deadlines = after(*[took(50.0)] * ENOUGH)
    assert deadlines.allowed_s("fine") == pytest.approx(2 * TIMES_MEDIAN * 50.0)  # 2 volumes


def test_the_first_jobs_of_a_large_level_have_hours() -> None:
    campaign = tiny_campaign()
    large = campaign.fidelities[1].model_copy(update={"voxels": 256, "volumes": 4})
    changed = campaign.model_copy(update={"fidelities": (campaign.fidelities[0], large)})
    deadlines = after(campaign=changed)
    assert deadlines.allowed_s("fine") == pytest.approx(900.0 * 4 * 256**3 / USUAL_VOXELS)
    assert deadlines.allowed_s("fine") > 8 * 3600
    assert deadlines.allowed_s("coarse") == campaign.deadline_s


def test_short_jobs_never_shorten_it() -> None:
    assert after(*[took(0.1)] * ENOUGH).allowed_s("coarse") == 100.0


def test_jobs_that_failed_or_were_known_in_part_teach_nothing() -> None:
    deadlines = after(*[took(50.0, cached=True)] * ENOUGH, *[took(50.0, failed=True)] * ENOUGH)
    assert deadlines.allowed_s("coarse") == 100.0
    assert "set deadline_s of fidelity coarse" in deadlines.advice("coarse")
    assert after(took(1.0)).advice("coarse") == ""


def test_a_level_may_have_its_own() -> None:
    campaign = tiny_campaign()
    coarse, fine = campaign.fidelities
    own = campaign.model_copy(
        update={"fidelities": (coarse.model_copy(update={"deadline_s": 7.0}), fine)}
    )
    deadlines = after(*[took(50.0)] * ENOUGH, campaign=own)
    assert deadlines.allowed_s("coarse") == 7.0
