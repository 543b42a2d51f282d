from __future__ import annotations

from pathlib import Path

import pytest

from agents.artifact_store import ArtifactStore
from agents.clock import Clock
from agents.executor import Died, Executor, Finished, Handle
from agents.in_process_executor import InProcessExecutor
from agents.job_runner import JobRunner
from agents.messages import JobFinished, JobLost, JobStarted
from agents.stages import stage_versions
from experiments.campaign import Campaign
from experiments.observation import FailureKind
from tests.agents.tiny_campaign import job, tiny_campaign


class WideExecutor(InProcessExecutor):
    """Calls wait, as if on several workers, until they are waited for."""

    @property
    def slots(self) -> int:
        return 2


class FragileExecutor(WideExecutor):
    """The worker of the first call dies."""

    has_died = False

    def wait(self, timeout_s: float) -> list[Finished]:
        if self.has_died or not self._waiting:
            return super().wait(timeout_s)
        self.has_died = True
        return [Died(self._waiting.popleft()[0], "killed")]


class Laboratory:
    """A runner under a clock that is turned by hand."""

    def __init__(self, campaign: Campaign, folder: Path, executor: Executor) -> None:
        self.now_s = 0.0
        self.executor = executor
        self.runner = JobRunner(
            executor,
            campaign,
            ArtifactStore(str(folder)),
            Clock(monotonic_s=lambda: self.now_s, now=lambda: f"t{self.now_s:g}"),
            stage_versions=stage_versions(campaign.generator),
            versions={},
        )

    def finish_one_call(self) -> None:
        for finished in self.executor.wait(0.0):
            assert self.runner.accept(finished)


@pytest.fixture
def laboratory(tmp_path: Path) -> Laboratory:
    return Laboratory(tiny_campaign(deadline_s=10.0), tmp_path, WideExecutor())


def test_the_oldest_job_gets_the_slots_first(laboratory: Laboratory) -> None:
    campaign = tiny_campaign()
    jobs = [job(campaign, "fine"), job(campaign, porosity=0.4)]
    for one in jobs:
        laboratory.runner.add(one)
        laboratory.runner.add(one)
    assert laboratory.runner.step() == [JobStarted(job_id=jobs[0].id, stage="generate")]
    assert laboratory.runner.busy == 2
    order = []
    while not laboratory.runner.is_idle:
        laboratory.finish_one_call()
        order += [told for told in laboratory.runner.step() if isinstance(told, JobFinished)]
    assert [told.observation.job for told in order] == jobs
    assert laboratory.runner.busy == 0


def test_a_job_past_its_deadline_is_timed_out_with_the_time_it_took(
    laboratory: Laboratory,
) -> None:
    one = job(tiny_campaign())
    laboratory.runner.add(one)
    laboratory.runner.step()
    laboratory.now_s = 9.9
    assert laboratory.runner.step() == []
    laboratory.now_s = 10.0
    (told,) = laboratory.runner.step()
    assert isinstance(told, JobFinished)
    assert told.observation.failure is not None
    assert told.observation.failure.kind is FailureKind.timed_out
    assert told.observation.failure.stage == "generate"
    assert told.observation.provenance.busy_s == pytest.approx(10.0)
    assert laboratory.runner.busy == 1
    laboratory.finish_one_call()
    assert laboratory.runner.busy == 0


def test_waiting_for_a_slot_does_not_count_towards_the_deadline(laboratory: Laboratory) -> None:
    campaign = tiny_campaign()
    first, second = job(campaign, "fine"), job(campaign, porosity=0.4)
    laboratory.runner.add(first)
    laboratory.runner.add(second)
    laboratory.runner.step()
    laboratory.now_s = 10.0
    (told,) = laboratory.runner.step()
    assert isinstance(told, JobFinished)
    assert told.observation.job == first
    laboratory.finish_one_call()
    laboratory.finish_one_call()
    assert laboratory.runner.step() == [JobStarted(job_id=second.id, stage="generate")]


def test_slots_taken_by_others_are_not_filled(laboratory: Laboratory) -> None:
    one = job(tiny_campaign())
    laboratory.runner.add(one)
    assert laboratory.runner.step(n_taken=2) == []
    assert laboratory.runner.step(n_taken=1) == [JobStarted(job_id=one.id, stage="generate")]


def test_the_death_of_a_worker_loses_the_job_and_nothing_else(tmp_path: Path) -> None:
    campaign = tiny_campaign()
    laboratory = Laboratory(campaign, tmp_path, FragileExecutor())
    doomed, other = job(campaign, "fine"), job(campaign, porosity=0.4)
    laboratory.runner.add(doomed)
    laboratory.runner.add(other)
    told = laboratory.runner.step()
    while not laboratory.runner.is_idle:
        laboratory.finish_one_call()
        told += laboratory.runner.step()
    assert JobLost(job_id=doomed.id, reason="killed") in told
    assert [t.observation.job for t in told if isinstance(t, JobFinished)] == [other]


def test_a_cancelled_job_is_not_heard_of_again(laboratory: Laboratory) -> None:
    campaign = tiny_campaign()
    running, waiting = job(campaign, "fine"), job(campaign, porosity=0.4)
    laboratory.runner.add(running)
    laboratory.runner.add(waiting)
    laboratory.runner.step()
    laboratory.runner.cancel(waiting.id)
    laboratory.runner.cancel(running.id)
    while laboratory.runner.busy:
        laboratory.finish_one_call()
    assert laboratory.runner.step() == []
    assert laboratory.runner.is_idle


def test_calls_of_others_are_not_ours(laboratory: Laboratory) -> None:
    assert not laboratory.runner.accept(Died(Handle(99, "pulse"), "killed"))
