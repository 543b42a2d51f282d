from __future__ import annotations

from controller.command_events import events_of
from controller.decide import AskRanking, Dispatch, Fail, Finish, Quarantine, Send
from controller.events import Dispatched, Finished, Interrupted, Observed
from experiments.job import new_job
from experiments.observation import FailureKind
from tests.controller.doubles import small_campaign

JOB = new_job("small", small_campaign().design.from_unit([0.5]), "coarse", campaign_seed=1)


def test_what_changes_the_campaign_is_stored_before_it_is_done() -> None:
    assert events_of(Dispatch(JOB)) == [Dispatched(job=JOB)]
    assert events_of(Finish("budget")) == [Finished(reason="budget")]
    assert events_of(Fail("no way")) == [Interrupted(reason="no way")]
    assert events_of(Send(JOB)) == []
    assert events_of(AskRanking({}, 1)) == []


def test_a_quarantine_is_the_job_s_observation() -> None:
    (event,) = events_of(Quarantine(JOB, n_lost=3, reason="SIGSEGV"))
    assert isinstance(event, Observed)
    failure = event.observation.failure
    assert failure is not None
    assert failure.kind is FailureKind.worker_died
    assert failure.message == "3 workers died under this job, which is not tried again: SIGSEGV"
