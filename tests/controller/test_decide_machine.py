"""Control against every order of events hypothesis can think of, beside a plain model."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from agents.messages import Answered, Ask, AskFailed, Configure, JobFinished, JobLost, Ready
from controller.baseline_jobs import baseline_jobs
from controller.compute import Happening, Lost
from controller.control import Control
from controller.decide import MAX_LOST
from controller.events import Amended, CampaignStarted, Dispatched, Observed, Resumed
from controller.fold import fold
from controller.journal import Journal
from controller.state import State
from experiments.budget import Budget, Stopping
from experiments.errors import CellwrightError
from experiments.job import Job
from experiments.observation import FailureKind, Observation
from tests.controller.doubles import (
    FakeCompute,
    ManualClock,
    MemoryJournal,
    Watcher,
    fail,
    observe,
    sequence_ranking,
    small_campaign,
)


class CampaignMachine(RuleBasedStateMachine):
    """One campaign; compute's side is played by the rules."""

    @initialize(
        coarse=st.integers(0, 6),
        fine=st.integers(0, 4),
        has_baseline=st.booleans(),
    )
    def begin(self, coarse: int, fine: int, has_baseline: bool) -> None:
        budget = Budget(evaluations={"coarse": coarse, "fine": fine})
        self.campaign = small_campaign(budget=budget, baseline=has_baseline)
        self.journal = MemoryJournal()
        self.acknowledged: dict[str, Observation] = {}
        self.n_died: dict[str, int] = {}
        self.has_failed = False
        self.take_up()

    # The world's side.

    def take_up(self) -> None:
        """Start a control process on what the journal holds."""
        self.journal.epoch += 1
        name = self.campaign.name
        if self.journal.stored:
            self.journal.append(name, [Resumed()])
        else:
            self.journal.append(name, [CampaignStarted(campaign=self.campaign, source="", text="")])
        state = fold(self.journal.stored)
        assert state is not None
        self.compute = FakeCompute()
        self.control = Control(
            state,
            journal=cast("Journal", self.journal),
            compute=self.compute,
            configure=Configure(campaign=self.campaign, home="/h", artifact_url="file:///h"),
            view=Watcher(),
            clock=ManualClock(),
        )
        self.n_slots = 0
        self.control._follow_decisions()

    def hear(self, *happenings: Happening) -> None:
        try:
            self.control._take(list(happenings))
        except CellwrightError:
            self.has_failed = True
            self.take_up()

    @property
    def state(self) -> State:
        return self.control._state

    @property
    def is_over(self) -> bool:
        return self.state.phase == "finished"

    @rule(n_slots=st.integers(1, 5))
    @precondition(lambda self: not self.n_slots and not self.is_over)
    def compute_becomes_ready(self, n_slots: int) -> None:
        self.n_slots = n_slots
        self.hear(Ready(slots=n_slots, versions={}, stage_versions={}))

    @rule()
    @precondition(lambda self: self.n_slots)
    def compute_is_lost(self) -> None:
        self.n_slots = 0
        self.compute.lose_life()
        self.hear(Lost("killed"))

    @rule()
    @precondition(lambda self: self.n_slots or self.is_over)
    def control_is_killed(self) -> None:
        assert fold(self.journal.stored) == self.state
        self.take_up()

    @rule(data=st.data(), is_failure=st.booleans(), is_twice=st.booleans())
    @precondition(lambda self: self.compute.jobs)
    def a_job_finishes(self, data: Any, is_failure: bool, is_twice: bool) -> None:
        job = self.draw_job(data)
        if job is not None:
            observation = fail(job) if is_failure else observe(job)
            self.acknowledge_after(observation)
            message = JobFinished(observation=observation)
            self.hear(*([message, message] if is_twice else [message]))

    @rule(data=st.data())
    @precondition(lambda self: self.compute.jobs)
    def a_worker_dies(self, data: Any) -> None:
        held = list(self.compute.jobs)
        poisoned = next((job for job in held if self.n_died.get(job.id)), None)
        if poisoned is not None:
            self.compute.jobs.remove(poisoned)
        job = poisoned or self.draw_job(data)
        if job is not None:
            self.n_died[job.id] = self.n_died.get(job.id, 0) + 1
            self.hear(JobLost(job_id=job.id, reason="SIGSEGV"))

    @rule(data=st.data())
    @precondition(lambda self: self.compute.jobs)
    def two_jobs_finish_at_once(self, data: Any) -> None:
        first, second = self.draw_job(data), self.draw_job(data)
        news = [JobFinished(observation=observe(job)) for job in (first, second) if job]
        for message in news:
            self.acknowledge_after(message.observation)
        self.hear(*news)

    @rule(greed=st.sampled_from([0, 0, 3]))
    @precondition(lambda self: self.compute.asks)
    def the_decider_answers(self, greed: int = 0) -> None:
        """Answer, with so many more candidates of each level than there is budget for."""
        ask = self.draw_ask()
        if ask is not None:
            seen = [job.job for job in self.compute.learned]
            left = {name: n + greed for name, n in ask.left.items()}
            wanted = ask.model_copy(
                update={"left": left, "n_candidates": ask.n_candidates + 2 * greed}
            )
            ranking = sequence_ranking(wanted, self.campaign, seen)
            self.hear(Answered(request_id=ask.request_id, ranking=ranking))

    @rule(n_steps=st.integers(3, 20))
    def all_goes_well_for_a_while(self, n_steps: int) -> None:
        for _ in range(n_steps):
            self.go_on()

    @rule()
    @precondition(lambda self: self.compute.asks)
    def the_decider_fails(self) -> None:
        ask = self.draw_ask()
        if ask is not None:
            self.hear(AskFailed(request_id=ask.request_id, message="singular"))

    @rule()
    @precondition(lambda self: self.n_slots)
    def an_answer_of_another_life_comes(self) -> None:
        ranking = sequence_ranking(
            Ask(request_id="0-0", left={"coarse": 9, "fine": 9}, n_candidates=3, position=0),
            self.campaign,
            [],
        )
        self.hear(Answered(request_id="0-0", ranking=ranking))

    @rule(more=st.integers(1, 2))
    @precondition(lambda self: self.n_slots and len(self.journal.stored) < 60)
    def the_budget_grows(self, more: int) -> None:
        counts = {k: n + more for k, n in self.campaign.budget.evaluations.items()}
        self.campaign = self.campaign.model_copy(update={"budget": Budget(evaluations=counts)})
        amended = Amended(budget=self.campaign.budget, stopping=Stopping(), text="")
        self.journal.append(self.campaign.name, [amended])
        self.take_up()

    def draw_job(self, data: Any) -> Job | None:
        """Return a job compute holds, taken from it."""
        if not self.compute.jobs:
            return None
        job: Job = data.draw(st.sampled_from(list(self.compute.jobs)))
        self.compute.jobs.remove(job)
        return job

    def draw_ask(self) -> Ask | None:
        return self.compute.asks.popleft() if self.compute.asks else None

    def acknowledge_after(self, observation: Observation) -> None:
        self.acknowledged[observation.job.id] = observation

    # What must hold after every rule.

    @invariant()
    def nothing_is_dispatched_or_observed_twice(self) -> None:
        for kind in (Dispatched, Observed):
            ids = [
                event.job.id if isinstance(event, Dispatched) else event.observation.job.id
                for event in (recorded.event for recorded in self.journal.stored)
                if isinstance(event, kind)
            ]
            assert len(ids) == len(set(ids))

    @invariant()
    def what_was_acknowledged_stays(self) -> None:
        for job_id, observation in self.acknowledged.items():
            assert self.state.observations[job_id] == observation

    @invariant()
    def no_budget_is_overrun(self) -> None:
        for name, n in self.state.n_dispatched.items():
            assert n <= self.campaign.budget.evaluations.get(name, 0)

    @invariant()
    def the_dispatched_are_the_first_of_the_sequence(self) -> None:
        for level in self.campaign.fidelities:
            n = self.state.n_dispatched.get(level.name, 0)
            expected = {
                self.campaign.design.from_unit([(0.5 + 0.618034 * i) % 1.0]).key for i in range(n)
            }
            found = {
                dispatched.job.design.key
                for dispatched in self.state.dispatches.values()
                if dispatched.job.fidelity == level.name and dispatched.job.purpose == "search"
            }
            assert found == expected

    @invariant()
    def compute_holds_no_more_than_it_should_and_idles_only_with_reason(self) -> None:
        held = len(self.compute.jobs)
        limit = self.control._talk.situation(None).in_flight_limit()
        assert held <= limit + len(baseline_jobs(self.campaign))
        if self.n_slots and not self.is_over and held < self.n_slots:
            waits_for_answer = bool(self.compute.asks)
            all_sent = len(self.state.in_flight) == held
            assert all_sent, "a job in flight is with nobody"
            left = any(
                n > self.state.n_dispatched.get(name, 0)
                for name, n in self.campaign.budget.evaluations.items()
            )
            assert waits_for_answer or not left or self.has_given_up()

    def has_given_up(self) -> bool:
        return self.control._talk.situation(None).n_failed_asks >= 3

    @invariant()
    def a_job_is_quarantined_after_three_deaths_and_not_before(self) -> None:
        for job_id, n in self.n_died.items():
            observation = self.state.observations.get(job_id)
            failure = None if observation is None else observation.failure
            is_quarantined = failure is not None and failure.kind is FailureKind.worker_died
            assert is_quarantined == (n >= MAX_LOST)

    @invariant()
    def a_finished_campaign_has_everything(self) -> None:
        if self.is_over:
            assert not self.state.in_flight
            for job in baseline_jobs(self.campaign):
                assert job.id in self.state.observations
            assert self.state.reason == "budget"
            assert dict(self.state.n_dispatched) == {
                name: n for name, n in self.campaign.budget.evaluations.items() if n
            }

    def teardown(self) -> None:
        """From wherever it stands, an undisturbed end is reached."""
        if not hasattr(self, "campaign") or self.has_failed:
            return
        for _ in range(400):
            if self.is_over or not self.go_on():
                break
        if self.is_over:
            self.a_finished_campaign_has_everything()
        else:
            assert self.has_given_up(), "nothing is under way and the campaign is not finished"

    def go_on(self) -> bool:
        """Let the next good thing happen, if there is one."""
        if self.is_over:
            return False
        if not self.n_slots:
            self.compute_becomes_ready(2)
        elif self.compute.asks:
            self.the_decider_answers()
        elif self.compute.jobs:
            job = self.compute.jobs.popleft()
            self.acknowledge_after(observation := observe(job))
            self.hear(JobFinished(observation=observation))
        else:
            return False
        return True


def thorough(n_runs: int, n_steps: int) -> settings:
    return settings(
        max_examples=n_runs,
        stateful_step_count=n_steps,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )


class TestCampaign(CampaignMachine.TestCase):
    settings = thorough(80, 40)


@pytest.mark.slow
class TestCampaignLong(CampaignMachine.TestCase):
    settings = thorough(2000, 50)
