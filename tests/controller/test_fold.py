from __future__ import annotations

from typing import Any

import pytest

from controller.events import (
    AttemptLost,
    CampaignStarted,
    ComputeStarted,
    Dispatched,
    Event,
    Observed,
    Ranked,
    Resumed,
    decode_event,
    encode_event,
)
from controller.fold import apply, fold
from controller.results import utilisation, working_s
from experiments.errors import InternalError, Rejected
from experiments.job import Job, new_job
from experiments.ranking import Candidate, Ranking
from tests.controller.doubles import MemoryJournal, observe, small_campaign

CAMPAIGN = small_campaign()
START = CampaignStarted(campaign=CAMPAIGN, source="small.yaml", text="")
READY = ComputeStarted(slots=2, versions={}, stage_versions={})


def job(unit: float, fidelity: str = "fine") -> Job:
    design = CAMPAIGN.design.from_unit([unit])
    return new_job("small", design, fidelity, campaign_seed=CAMPAIGN.seed)


def ranking(*units: float) -> Ranking:
    return Ranking(
        position=1,
        decider="d",
        decider_version="1",
        candidates=tuple(
            Candidate(design=CAMPAIGN.design.from_unit([unit]), fidelity="fine", reason="r")
            for unit in units
        ),
    )


def after(*events: Event) -> Any:
    journal = MemoryJournal()
    journal.append("small", [START, *events])
    return fold(journal.stored)


def test_nothing_folds_to_nothing() -> None:
    assert fold([]) is None


def test_folding_at_once_and_event_by_event_agree() -> None:
    journal = MemoryJournal()
    events = [START, READY, Ranked(ranking=ranking(0.1, 0.2), n_observed=0, n_dispatched=0)]
    events += [Dispatched(job=job(0.1)), AttemptLost(job_id=job(0.1).id, reason="x")]
    events += [Observed(observation=observe(job(0.1)))]
    journal.append("small", events)
    step_by_step = None
    for recorded in journal.stored:
        step_by_step = apply(step_by_step, recorded)
    assert step_by_step == fold(journal.stored)


def test_folding_leaves_the_state_it_starts_from_as_it_was() -> None:
    journal = MemoryJournal()
    journal.append("small", [START])
    before = fold(journal.stored)
    fold(journal.append("small", [Dispatched(job=job(0.1))]), before)
    assert before is not None
    assert not before.dispatches


def test_a_ranking_replaces_the_backlog_and_dispatched_jobs_leave_it() -> None:
    first = Ranked(ranking=ranking(0.1, 0.2), n_observed=0, n_dispatched=0)
    second = Ranked(ranking=ranking(0.3, 0.1), n_observed=0, n_dispatched=1)
    assert list(after(first).backlog) == [job(0.1).id, job(0.2).id]
    assert list(after(first, Dispatched(job=job(0.1))).backlog) == [job(0.2).id]
    assert list(after(first, Dispatched(job=job(0.1)), second).backlog) == [job(0.3).id]


def test_the_baseline_does_not_count_against_the_budget() -> None:
    baseline = job(0.1).model_copy(update={"purpose": "baseline"})
    assert after(Dispatched(job=baseline)).n_dispatched == {}
    assert after(Dispatched(job=job(0.1))).n_dispatched == {"fine": 1}


@pytest.mark.parametrize(
    "events",
    [
        [Dispatched(job=job(0.1)), Dispatched(job=job(0.1))],
        [Observed(observation=observe(job(0.1)))],
        [Dispatched(job=job(0.1)), *[Observed(observation=observe(job(0.1)))] * 2],
        [AttemptLost(job_id="unknown", reason="x")],
        [Dispatched(job=job(0.1)), START],
    ],
)
def test_what_no_control_may_write_is_refused(events: list[Event]) -> None:
    with pytest.raises(InternalError):
        after(*events)


def test_a_journal_begins_with_the_campaign() -> None:
    journal = MemoryJournal()
    journal.append("small", [Resumed()])
    with pytest.raises(InternalError, match="first event"):
        fold(journal.stored)


def test_utilisation_leaves_the_time_between_sessions_out() -> None:
    journal = MemoryJournal()
    clock = journal.clock

    def at(seconds: float, *events: Event) -> None:
        clock.seconds = seconds
        journal.append("small", list(events))

    at(0, START)
    at(10, READY, Dispatched(job=job(0.1)), Dispatched(job=job(0.2)))
    at(30, Observed(observation=observe(job(0.1), busy_s=20)))
    journal.epoch = 1
    at(0, Resumed())
    at(5, READY)
    at(15, Observed(observation=observe(job(0.2), busy_s=10)))
    state = fold(journal.stored)
    assert state is not None
    assert utilisation(state) == pytest.approx(30 / (2 * 20 + 2 * 10), rel=1e-3)
    assert working_s(state) == pytest.approx(45, rel=1e-3)


@pytest.mark.parametrize("event", [START, READY, Observed(observation=observe(job(0.1)))])
def test_an_event_survives_its_bytes(event: Event) -> None:
    assert decode_event(encode_event(event), 1) == event


def test_an_unknown_event_is_refused_with_its_position() -> None:
    with pytest.raises(Rejected, match="position 7"):
        decode_event(b'{"kind": "abducted"}', 7)
