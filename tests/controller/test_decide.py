"""What is done next, case by case; every order of events is test_decide_machine.py's."""

from __future__ import annotations

from dataclasses import replace

from controller.baseline_jobs import baseline_jobs
from controller.decide import (
    AskRanking,
    Dispatch,
    Finish,
    Send,
    Situation,
    decide,
)
from controller.events import AttemptLost, CampaignStarted, Dispatched, Event, Observed, Ranked
from controller.fold import fold
from controller.state import State
from experiments.baseline import ImageBaseline
from experiments.budget import Budget
from experiments.campaign import Campaign
from experiments.job import Job, new_job
from experiments.ranking import Candidate, Ranking
from tests.controller.doubles import MemoryJournal, observe, small_campaign

READY = Situation(n_slots=4)


def job(unit: float, fidelity: str = "coarse") -> Job:
    design = small_campaign().design.from_unit([unit])
    return new_job("small", design, fidelity, campaign_seed=3)


def ranked(*units: float, fidelity: str = "coarse", n_observed: int = 0) -> Ranked:
    candidates = tuple(
        Candidate(design=job(unit).design, fidelity=fidelity, reason="r") for unit in units
    )
    ranking = Ranking(position=1, decider="d", decider_version="1", candidates=candidates)
    return Ranked(ranking=ranking, n_observed=n_observed, n_dispatched=0)


def state_of(*events: Event, campaign: Campaign | None = None) -> State:
    journal = MemoryJournal()
    campaign = campaign or small_campaign(baseline=False)
    journal.append("small", [CampaignStarted(campaign=campaign, source="", text=""), *events])
    state = fold(journal.stored)
    assert state is not None
    return state


def test_without_compute_nothing_is_chosen_sent_or_asked() -> None:
    assert decide(state_of(campaign=small_campaign()), Situation(n_slots=0)) == ()


def test_the_baseline_is_chosen_and_the_decider_asked_in_one_go() -> None:
    *chosen, question = decide(state_of(campaign=small_campaign()), READY)
    assert [command.job for command in chosen] == list(baseline_jobs(small_campaign()))
    assert question == AskRanking({"coarse": 6, "fine": 3}, 8)


def test_an_image_is_measured_once_at_the_target() -> None:
    image = ImageBaseline(image="a.tif", image_sha256="", voxel_size_um=0.4, thickness_um=75)
    campaign = small_campaign().model_copy(update={"baseline": image})
    assert [job.fidelity for job in baseline_jobs(campaign)] == ["fine"]


def test_jobs_are_chosen_in_the_ranking_s_order_up_to_the_limit() -> None:
    state = state_of(ranked(0.5, 0.1, 0.9))
    chosen = decide(state, Situation(n_slots=1, is_asking=True))
    assert [command.job for command in chosen] == [job(0.5), job(0.1)]


def test_candidates_without_budget_are_passed_over() -> None:
    campaign = small_campaign(budget=Budget(evaluations={"fine": 1}), baseline=False)
    rank = ranked(0.1, 0.2)
    mixed = (*rank.ranking.candidates, *ranked(0.3, fidelity="fine").ranking.candidates)
    rank = rank.model_copy(
        update={"ranking": rank.ranking.model_copy(update={"candidates": mixed})}
    )
    chosen = decide(state_of(rank, campaign=campaign), replace(READY, is_asking=True))
    assert [command.job for command in chosen] == [job(0.3, "fine")]


def test_what_compute_does_not_have_is_sent_again_oldest_first() -> None:
    events = [Dispatched(job=job(unit)) for unit in (0.1, 0.2, 0.3)]
    situation = Situation(n_slots=4, sent=frozenset([job(0.2).id]), is_asking=True)
    assert decide(state_of(*events), situation) == (Send(job(0.1)), Send(job(0.3)))


def test_a_smaller_compute_gets_no_more_than_it_can_hold() -> None:
    events = [Dispatched(job=job(0.1 * n)) for n in range(6)]
    commands = decide(state_of(*events), Situation(n_slots=1, is_asking=True))
    assert commands == (Send(job(0.0)), Send(job(0.1)))


def test_the_last_budget_is_not_given_away_twice() -> None:
    campaign = small_campaign(budget=Budget(evaluations={"coarse": 2}), baseline=False)
    state = state_of(ranked(0.1, 0.2, 0.3), campaign=campaign)
    commands = decide(state, replace(READY, is_asking=True))
    assert [type(command) for command in commands] == [Dispatch, Dispatch]


def test_a_new_ranking_is_asked_for_when_enough_has_changed() -> None:
    campaign = small_campaign(budget=Budget(evaluations={"coarse": 60}), baseline=False)
    events: list[Event] = [ranked(*(0.05 * n for n in range(20)), 0.1, 0.2)]
    events += [Dispatched(job=job(0.1)), Dispatched(job=job(0.2))]
    situation = Situation(n_slots=4, n_more=99, sent=frozenset([job(0.2).id]))
    one = [*events, Observed(observation=observe(job(0.1)))]
    few = decide(state_of(*one, campaign=campaign), situation)
    assert not any(isinstance(command, AskRanking) for command in few)
    two = [*one, Observed(observation=observe(job(0.2)))]
    enough = decide(state_of(*two, campaign=campaign), situation)
    assert any(isinstance(command, AskRanking) for command in enough)


def test_the_decider_is_asked_once_more_when_everything_is_done() -> None:
    campaign = small_campaign(budget=Budget(evaluations={"coarse": 1}), baseline=False)
    events = [ranked(0.1), Dispatched(job=job(0.1)), Observed(observation=observe(job(0.1)))]
    assert decide(state_of(*events, campaign=campaign), READY) == (
        AskRanking({"coarse": 0, "fine": 0}, 1),
    )
    known = [*events, ranked(n_observed=1)]
    assert decide(state_of(*known, campaign=campaign), READY) == (Finish("budget"),)
    assert decide(state_of(*known, campaign=campaign), Situation(n_slots=0)) == (Finish("budget"),)


def test_a_decider_that_cannot_answer_at_the_end_does_not_hold_the_campaign_up() -> None:
    campaign = small_campaign(budget=Budget(evaluations={"coarse": 1}), baseline=False)
    events = [ranked(0.1), Dispatched(job=job(0.1)), Observed(observation=observe(job(0.1)))]
    tired = replace(READY, n_failed_asks=3)
    assert decide(state_of(*events, campaign=campaign), tired) == (Finish("budget"),)


def test_a_campaign_without_budget_still_measures_its_baseline() -> None:
    campaign = small_campaign(budget=Budget(evaluations={"coarse": 0}))
    assert decide(state_of(campaign=campaign), Situation(n_slots=0)) == ()
    commands = decide(state_of(campaign=campaign), READY)
    assert [type(command) for command in commands] == [Dispatch, Dispatch]


def test_nothing_is_sent_of_a_job_whose_workers_died_three_times() -> None:
    lost = [AttemptLost(job_id=job(0.1).id, reason="SIGSEGV")] * 3
    (command,) = decide(state_of(Dispatched(job=job(0.1)), *lost), READY)
    assert command.job == job(0.1)
    assert command.reason == "SIGSEGV"


def test_a_slow_decider_is_asked_while_more_is_waiting() -> None:
    """Ten results came while it thought, so that one candidate for each slot is too few."""
    campaign = small_campaign(baseline=False, budget=Budget(evaluations={"coarse": 90, "fine": 3}))
    jobs = [job(0.01 * i) for i in range(20)]
    first = ranked(*[0.01 * i for i in range(20)])
    run = [Dispatched(job=one) for one in jobs[:10]]
    observed = [Observed(observation=observe(one)) for one in jobs[:10]]
    waiting = ranked(*[0.01 * i for i in range(10, 20)], n_observed=0)
    slow = state_of(first, *run, *observed, waiting, campaign=campaign)
    assert slow.asked is not None
    assert slow.asked.n_meanwhile == 10
    full = {f"held {i}" for i in range(8)}
    (question,) = decide(slow, Situation(n_slots=4, sent=frozenset(full)))
    assert question == AskRanking({"coarse": 80, "fine": 3}, 4 + (4 + 2 * 10))
