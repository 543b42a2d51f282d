from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.messages import Ask
from controller.budget import Allowance, Purse, allowance, hours_used, relative_cost
from controller.decide import AskRanking, Dispatch, Finish, Situation, decide
from controller.events import (
    CampaignStarted,
    Dispatched,
    Event,
    Finished,
    Interrupted,
    Observed,
    Ranked,
    Resumed,
)
from controller.fold import fold
from controller.results import spent
from controller.state import State
from controller.status_document import status_document
from controller.tally import tally_of
from controller.usage import Price, Usage, prices
from experiments.budget import Budget
from experiments.campaign import Campaign
from experiments.job import Job, new_job
from experiments.observation import FailureKind, Observation, Provenance, StageRecord
from tests.controller.doubles import (
    MemoryJournal,
    fail,
    observe,
    sequence_ranking,
    small_campaign,
)

CAMPAIGN = small_campaign()


def result(fidelity: str, busy_s: float, porosity: float = 0.3) -> Observation:
    design = CAMPAIGN.design.from_unit([porosity])
    return observe(new_job("small", design, fidelity, campaign_seed=1), busy_s=busy_s)


def busy(*observations: Observation) -> dict[str, float]:
    return tally_of(CAMPAIGN, observations).mean_busy_s()


def test_evaluations_are_counted_down_by_fidelity() -> None:
    budget = Budget(evaluations={"coarse": 2, "fine": 1})
    left = Allowance(budget, {"coarse": 0.1, "fine": 1.0}, {"coarse": 1})
    assert left.left() == {"coarse": 1, "fine": 1}
    assert left.taking("coarse").left() == {"coarse": 0, "fine": 1}
    assert not left.taking("coarse").admits("coarse")


def test_a_fidelity_the_budget_does_not_name_may_not_be_used() -> None:
    budget = Budget(evaluations={"coarse": 2})
    assert Allowance(budget, {"coarse": 0.1, "fine": 1.0}, {}).left() == {"coarse": 2, "fine": 0}


def test_a_total_cost_is_spent_by_all_levels_together() -> None:
    budget = Budget(fine_equivalents=3)
    allowed = Allowance(budget, {"coarse": 0.25, "fine": 1.0}, {"coarse": 2, "fine": 1})
    assert allowed.used == pytest.approx(1.5)
    assert allowed.left() == {"coarse": 6, "fine": 1}


def test_a_promised_minimum_is_kept_back_from_the_other_levels() -> None:
    budget = Budget(fine_equivalents=3, at_least={"fine": 2})
    allowed = Allowance(budget, {"coarse": 0.25, "fine": 1.0}, {})
    assert allowed.left() == {"coarse": 4, "fine": 3}
    assert allowed.taking("fine").left() == {"coarse": 4, "fine": 2}


def test_a_total_that_divides_exactly_is_spent_to_the_end() -> None:
    budget = Budget(fine_equivalents=0.3)
    allowed = Allowance(budget, {"coarse": 0.1, "fine": 1.0}, {"coarse": 2})
    assert allowed.left()["coarse"] == 1
    assert allowed.taking("coarse").left()["coarse"] == 0


def test_costs_start_from_the_voxels_and_become_the_measured_times() -> None:
    assert relative_cost(CAMPAIGN, {}) == {"coarse": 16**3 / (2 * 32**3), "fine": 1.0}
    seen = busy(result("coarse", 2.0), result("coarse", 4.0, 0.4), result("fine", 12.0))
    assert relative_cost(CAMPAIGN, seen) == {"coarse": pytest.approx(0.25), "fine": 1.0}


def test_declared_costs_are_taken_as_they_are() -> None:
    levels = tuple(
        level.model_copy(update={"cost": cost})
        for level, cost in zip(CAMPAIGN.fidelities, (2.0, 8.0), strict=True)
    )
    campaign = CAMPAIGN.model_copy(update={"fidelities": levels})
    seen = busy(result("coarse", 100.0), result("fine", 1.0))
    assert relative_cost(campaign, seen) == {"coarse": 0.25, "fine": 1.0}


def test_failures_of_machines_do_not_tell_what_a_level_costs() -> None:
    job = result("coarse", 1.0).job
    seen = busy(fail(job, FailureKind.timed_out), result("fine", 12.0))
    assert relative_cost(CAMPAIGN, seen)["coarse"] == 16**3 / (2 * 32**3)


HOUR_S = 3600.0


def purse(left: float, price: float, *, is_known: bool = True, n_under_way: int = 0) -> Purse:
    prices = {"coarse": Price(price / 4, is_known), "fine": Price(price, is_known)}
    return Purse(left, prices, n_under_way)


def test_hours_are_taken_job_by_job() -> None:
    some = purse(1.0, 0.4)
    assert (some.n_jobs("coarse"), some.n_jobs("fine")) == (10, 2)
    assert some.taking("fine").taking("fine").n_jobs("coarse") == 2
    assert purse(0.3, 0.4).n_jobs("fine") == 0


def test_a_job_nobody_measured_may_be_tried_alone() -> None:
    unknown = purse(0.3, 0.4, is_known=False)
    assert unknown.n_jobs("fine") == 1
    assert unknown.taking("fine").n_jobs("fine") == 0
    assert purse(0.0, 0.4, is_known=False).n_jobs("fine") == 0


def test_hours_nobody_uses_limit_nothing_until_they_are_gone() -> None:
    assert purse(1.0, 0.0).n_jobs("fine") == math.inf
    assert purse(0.0, 0.0).n_jobs("fine") == 0


def test_the_strictest_limit_holds_and_is_named() -> None:
    budget = Budget(evaluations={"coarse": 9, "fine": 9}, cpu_hours=1.0, wall_hours=2.0)
    cost = {"coarse": 0.25, "fine": 1.0}
    allowed = Allowance(budget, cost, {}, {"cpu_hours": purse(1.0, 0.4)}, wall_hours=1.0)
    assert allowed.left() == {"coarse": 9, "fine": 2}
    assert allowed.ended_by == "budget"
    spent = replace(allowed, purses={"cpu_hours": purse(0.0, 0.4)})
    assert spent.left() == {"coarse": 0, "fine": 0}
    assert spent.ended_by == "budget of CPU hours"
    late = replace(allowed, wall_hours=2.0)
    assert late.left() == {"coarse": 0, "fine": 0}
    assert late.ended_by == "budget of hours of working time"
    both = replace(late, purses={"cpu_hours": purse(0.0, 0.4)})
    assert both.ended_by == "budget of CPU hours and hours of working time"


@dataclass
class Spender:
    """A campaign whose jobs take what they like, run without compute by the pure parts alone."""

    budget: Budget
    n_slots: int
    random: Random
    spread: float
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    folded: State | None = None

    def run(self) -> State:
        campaign = small_campaign(budget=self.budget)
        self.append(CampaignStarted(campaign=campaign, source="", text=""))
        asking = False
        for _ in range(400):
            state = self.state
            if state.phase == "finished":
                return state
            situation = Situation(self.n_slots, sent=frozenset(state.in_flight), is_asking=asking)
            commands = decide(state, situation)
            for command in commands:
                match command:
                    case Dispatch(job=job):
                        self.append(Dispatched(job=job))
                        if job.purpose == "search":
                            self.check()
                    case AskRanking(left=left, n_candidates=n):
                        self.answer(campaign, left, n)
                    case Finish(reason=reason):
                        self.append(Finished(reason=reason))
            if not commands:
                self.finish(self.random.choice(list(self.state.in_flight.values())))
        raise AssertionError("the campaign does not end")

    @property
    def state(self) -> State:
        assert self.folded is not None
        return self.folded

    def append(self, event: Event) -> None:
        self.folded = fold(self.journal.append("small", [event]), self.folded)

    def answer(self, campaign: Campaign, left: dict[str, int], n: int) -> None:
        state = self.state
        ask = Ask(request_id="1", left=left, n_candidates=n, position=state.position)
        seen = [dispatch.job for dispatch in state.dispatches.values()]
        ranking = sequence_ranking(ask, campaign, seen)
        known = (len(state.observations), len(state.dispatches))
        self.append(Ranked(ranking=ranking, n_observed=known[0], n_dispatched=known[1]))

    def finish(self, job: Job) -> None:
        seconds = {"coarse": 200.0, "fine": 900.0}[job.fidelity]
        seconds *= 1 - self.spread * self.random.random()
        self.append(Observed(observation=observe(job, busy_s=seconds)))

    def check(self) -> None:
        """What was measured and what is expected of everything under way fits into the limit."""
        state = self.state
        limit = self.budget.cpu_hours
        if limit is None or not any(usage.n for usage in state.usage.values()):
            return
        price = prices(state.campaign, state.usage, "cpu_hours")
        expected = sum(price[job.fidelity].hours for job in state.in_flight.values())
        assert hours_used(state, "cpu_hours") + expected <= limit + 1e-6


@given(
    cpu_hours=st.floats(0.01, 2.5),
    n_slots=st.integers(1, 6),
    seed=st.integers(0, 999),
    spread=st.sampled_from([0.0, 0.7]),
)
@settings(max_examples=25, deadline=None)
def test_nothing_is_dispatched_past_a_limit_of_hours(
    cpu_hours: float, n_slots: int, seed: int, spread: float
) -> None:
    budget = Budget(evaluations={"coarse": 8, "fine": 4}, cpu_hours=cpu_hours)
    spender = Spender(budget, n_slots, Random(seed), spread)
    state = spender.run()
    used = hours_used(state, "cpu_hours")
    counts = dict(state.n_dispatched)
    if state.reason == "budget":
        assert counts == {"coarse": 8, "fine": 4}
    else:
        assert state.reason == "budget of CPU hours"
        assert used + 200 / 3600 > cpu_hours or counts["coarse"] == 8
    baseline_h = 1100 / 3600
    surprise_h = 0.0 if spread == 0.0 else 2 * n_slots * spread * 900 / 3600
    assert used <= max(cpu_hours, baseline_h) + surprise_h + 1e-9


def test_a_level_nobody_measured_is_priced_by_its_voxels() -> None:
    seen = {"coarse": Usage().plus(result("coarse", 10.0))}
    ratio = 2 * 32**3 / 16**3
    found = prices(CAMPAIGN, seen, "cpu_hours")
    assert found["fine"].hours * HOUR_S == pytest.approx(10.0 * ratio)
    nothing = prices(CAMPAIGN, {}, "cpu_hours")
    assert nothing["fine"] == Price(2 * CAMPAIGN.deadline_s / HOUR_S, False)


def test_the_time_of_all_sessions_is_the_wall_time() -> None:
    journal = MemoryJournal()
    campaign = small_campaign(budget=Budget(evaluations={"fine": 3}, wall_hours=1.0))
    journal.append("small", [CampaignStarted(campaign=campaign, source="", text="")])
    journal.clock.seconds = 1800.0
    journal.append("small", [Interrupted(reason="SIGTERM")])
    journal.epoch += 1
    journal.clock.seconds = 0.0
    journal.append("small", [Resumed()])
    state = fold(journal.stored)
    assert state is not None
    assert allowance(state, session_s=1790.0).admits("fine")
    late = allowance(state, session_s=1801.0)
    assert not late.admits("fine")
    assert late.ended_by == "budget of hours of working time"
    assert spent(state).limit["wall_hours"] == 1.0
    assert spent(state).used["wall_hours"] == pytest.approx(0.5, rel=1e-3)


def test_status_tells_the_use_of_every_limit() -> None:
    journal = MemoryJournal()
    budget = Budget(evaluations={"fine": 3}, cpu_hours=2.0, gpu_hours=1, cells=30, money_EUR=2000)
    campaign = small_campaign(budget=budget)
    job = new_job("small", campaign.design.from_unit([0.5]), "fine", campaign_seed=1)
    journal.append(
        "small",
        [
            CampaignStarted(campaign=campaign, source="", text=""),
            Dispatched(job=job),
            Observed(observation=with_stages(job)),
        ],
    )
    state = fold(journal.stored)
    assert state is not None
    found = status_document(state).budget
    assert found.limit == {
        "coarse": 0,
        "fine": 3,
        "cpu_hours": 2.0,
        "gpu_hours": 1.0,
        "cells": 30,
        "money_EUR": 2000.0,
    }
    assert found.used == {
        "coarse": 0,
        "fine": 1,
        "cpu_hours": pytest.approx((4 * 900 + 1800 + 900) / HOUR_S),
        "gpu_hours": pytest.approx(0.25 * 1800 / HOUR_S),
        "cells": 0,
        "money_EUR": 0,
    }


def with_stages(job: Job) -> Observation:
    """Return a result of 900 s on four CPUs, 1800 s on one with a quarter of a GPU, 900 s lost."""
    record = StageRecord(
        stage="generate", version="1", key="k", cached=False, elapsed_s=900, n_cpus=4
    )
    on_gpu = record.model_copy(update={"elapsed_s": 1800.0, "n_cpus": 1.0, "n_gpus": 0.25})
    provenance = Provenance(stages=(record, on_gpu), busy_s=3600.0)
    return observe(job).model_copy(update={"provenance": provenance})
