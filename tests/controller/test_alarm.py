from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from controller.alarm import PATIENCE_S, Standstill, alarm
from controller.decide import Situation
from controller.events import (
    CampaignStarted,
    ComputeStarted,
    Dispatched,
    Finished,
    Observed,
    Paused,
)
from controller.fold import fold
from controller.lookout import Lookout
from controller.state import Outdated, State
from experiments.job import Job, new_job
from tests.controller.doubles import MemoryJournal, observe, small_campaign

CAMPAIGN = small_campaign()


def job(fidelity: str, porosity: float) -> Job:
    return new_job("small", CAMPAIGN.design.from_unit([porosity]), fidelity, campaign_seed=1)


DONE = [job("fine", 0.1 * i) for i in range(5)]
RUNNING = [job("fine", 0.8), job("coarse", 0.9)]


def state_of(*, busy_s: float = 180.0, last_s: float = 100.0) -> State:
    """Return five results at fine, the last at ``last_s``, and two jobs in flight."""
    journal = MemoryJournal()
    start = CampaignStarted(campaign=CAMPAIGN, source="", text="")
    ready = ComputeStarted(slots=2, versions={}, stage_versions={})
    journal.append("small", [start, ready])
    journal.append("small", [Dispatched(job=one) for one in (*DONE, *RUNNING)])
    journal.clock.seconds = last_s
    journal.append("small", [Observed(observation=observe(one, busy_s=busy_s)) for one in DONE])
    state = fold(journal.stored)
    assert state is not None
    return state


def words(state: State, moment: Standstill) -> str:
    found = alarm(state, moment)
    assert found is not None
    return found.words


def test_two_slow_jobs_are_named_with_what_is_usual() -> None:
    moment = Standstill(
        now_s=1600.0, n_slots=2, began_s={RUNNING[0].id: 160.0, RUNNING[1].id: 400.0}
    )
    assert words(state_of(), moment) == (
        "nothing finished for 25 min 00 s: 2 jobs running, the longest for 24 min 00 s at fine "
        f"({RUNNING[0].id}), where 3 min 00 s is usual"
    )


def test_nobody_is_alarmed_while_all_is_as_usual() -> None:
    running = {RUNNING[0].id: 160.0}
    state = state_of()
    assert alarm(state, Standstill(now_s=100 + PATIENCE_S - 1, n_slots=2)) is None
    assert alarm(state, Standstill(now_s=630.0, n_slots=2, began_s=running)) is None
    slow = state_of(busy_s=3600.0)
    assert alarm(slow, Standstill(now_s=9000.0, n_slots=2, began_s=running)) is None
    assert alarm(slow, Standstill(now_s=11000.0, n_slots=2, began_s=running)) is not None


@pytest.mark.parametrize(
    ("moment", "named"),
    [
        (Standstill(now_s=1000.0), "waiting for compute to start"),
        (Standstill(now_s=1000.0, n_slots=2, asked_s=400.0), "refit, asked for 10 min 00 s ago"),
        (Standstill(now_s=1000.0, n_slots=2, n_waiting=3), "a worker to take up 3 jobs"),
        (Standstill(now_s=1000.0, n_slots=2, is_disk_full=True), "room on the disk"),
        (Standstill(now_s=1000.0, n_slots=2), "a defect worth reporting"),
    ],
)
def test_what_is_waited_for_is_named(moment: Standstill, named: str) -> None:
    assert named in words(state_of(), moment)


def test_what_waits_for_a_person_names_the_command() -> None:
    state = state_of()
    pausing = Paused(by="anna", reason="oven")
    journal = MemoryJournal()
    paused = fold(journal.append("small", [pausing]), state)
    assert paused is not None
    moment = Standstill(now_s=1000.0, n_slots=2)
    assert "by anna: oven; waiting for cellwright resume small" in words(paused, moment)
    changed = Outdated(changed={"generate": ("1", "2")}, programs={}, n=5, at="")
    asked = replace(state, outdated=changed)
    assert "cellwright upgrade small keep, redo or back (generate 1 → 2" in words(asked, moment)


def test_a_finished_campaign_is_never_stuck() -> None:
    finished = fold(MemoryJournal().append("small", [Finished(reason="budget")]), state_of())
    assert finished is not None
    assert alarm(finished, Standstill(now_s=1e6)) is None


def test_the_lookout_times_jobs_and_questions_and_tells_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    state, lookout = state_of(), Lookout()
    started = frozenset({RUNNING[0].id})
    runs = Situation(n_slots=2, sent=started, started=started)
    asks = replace(runs, is_asking=True)
    with caplog.at_level(logging.WARNING):
        for now_s in (150.0, 200.0, 700.0, 1000.0, 1200.0, 1800.0):
            situation = asks if now_s < 1000 else runs
            lookout.look(state, situation, now_s=now_s, is_disk_full=False)
    assert lookout.alarm is not None
    assert "for 27 min 30 s at fine" in lookout.alarm.words
    assert "refit" not in lookout.alarm.words
    assert [record.message[:6] for record in caplog.records] == ["stuck:", "stuck:"]
    caplog.clear()
    fresh = state_of(last_s=1790.0)
    lookout.look(fresh, runs, now_s=1810.0, is_disk_full=False)
    assert lookout.alarm is None
    assert [record.message for record in caplog.records] == ["no longer stuck"]
