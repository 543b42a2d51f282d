from __future__ import annotations

import pytest

from agents.messages import JobStarted, Learn, Ready
from controller.compute import GivenBack, TakenOver
from controller.conversation import Conversation
from controller.events import ComputeStarted
from controller.state import State
from experiments.design import Design
from experiments.frozen import Frozen
from experiments.job import new_job
from tests.controller.doubles import FakeCompute, small_campaign
from tests.controller.test_tally import some

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


class Listener(FakeCompute):
    """Keeps the messages it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Frozen] = []

    def send(self, message: Frozen) -> None:
        self.messages.append(message)


def test_a_fresh_compute_is_told_of_very_many_results_turn_by_turn_before_it_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("controller.conversation._TAUGHT_AT_ONCE", 3)
    rows = some(7)
    entries = {one.job.id: one for one in rows}
    state = State(small_campaign(), "small.yaml", "", "2026-01-01", observations=entries)
    compute = Listener()
    talk = Conversation(compute, lambda _: None)
    talk.teach(state)
    assert compute.messages == [], "there is no compute yet"
    talk.hear([READY], state)
    told: list[int] = []
    for is_asking in (True, True, False, False):
        talk.teach(state)
        assert talk.situation(None).is_asking is is_asking
        learned = [m for m in compute.messages if isinstance(m, Learn)]
        told.append(sum(len(m.observations) for m in learned))
    assert told == [3, 6, 7, 7]
    assert [one for m in learned for one in m.observations] == rows
