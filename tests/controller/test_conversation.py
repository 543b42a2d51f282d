from __future__ import annotations

from agents.messages import JobStarted, Ready
from controller.compute import GivenBack, TakenOver
from controller.conversation import Conversation
from controller.events import ComputeStarted
from controller.state import State
from experiments.design import Design
from experiments.job import new_job
from tests.controller.doubles import FakeCompute, small_campaign

READY = Ready(slots=2, versions={}, stage_versions={})


def test_after_a_change_of_compute_only_what_the_last_one_finishes_counts_as_sent() -> None:
    campaign = small_campaign()
    state = State(campaign, "small.yaml", "", "2026-01-01")
    running, waiting = (
        new_job("small", Design(values={"positive.porosity": porosity}), "fine", campaign_seed=3)
        for porosity in (0.3, 0.4)
    )
    told: list[str] = []
    talk = Conversation(FakeCompute(), told.append)
    talk.hear([READY], state)
    talk.run(running)
    talk.run(waiting)
    fresh = READY.model_copy(update={"slots": 3})
    started = JobStarted(job_id=running.id, stage="generate")
    taken = TakenOver(fresh, kept=frozenset({running.id}), reason="it is 24 h old")
    (event,) = talk.hear([started, taken], state)
    assert isinstance(event, ComputeStarted)
    assert talk.situation(None).sent == {running.id}
    assert (talk.n_slots, talk.n_busy) == (3, 1)
    assert "it is 24 h old" in told[-1]
    assert talk.hear([GivenBack(frozenset({running.id}), "killed")], state) == []
    assert talk.situation(None).sent == frozenset()
    assert talk.n_busy == 0
