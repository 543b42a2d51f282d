"""Which stopping rule ends a campaign, and in what words."""

from __future__ import annotations

import pytest

from controller.events import CampaignStarted, Dispatched, Event, Observed, Ranked
from controller.fold import fold
from controller.state import State
from controller.stopping import stop_reason
from experiments.budget import Budget, Stopping
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.job import new_job
from experiments.ranking import Prospect, Ranking
from tests.controller.doubles import MemoryJournal, fail, observe, small_campaign


def campaign_of(stopping: Stopping, at_least: int = 0) -> Campaign:
    budget = Budget(evaluations={"fine": 50}, at_least={"fine": at_least})
    return small_campaign(budget=budget, stopping=stopping, baseline=False)


def ranked(gain: float, regret: float, n_observed: int) -> Ranked:
    ranking = Ranking(
        position=1,
        decider="cellwright",
        decider_version="1",
        candidates=(),
        prospect=Prospect(expected_gain=gain, regret_bound=regret),
    )
    return Ranked(ranking=ranking, n_observed=n_observed, n_dispatched=n_observed)


def state_of(campaign: Campaign, n_fine: int, *rankings: Ranked, n_failed: int = 0) -> State:
    """Return a state with evaluations at the target, failures first, whose values rise."""
    events: list[Event] = [CampaignStarted(campaign=campaign, source="a.yaml", text="")]
    for i in range(n_fine):
        design = Design(values={"positive.porosity": 0.2 + 0.005 * i})
        job = new_job(campaign.name, design, "fine", campaign_seed=0)
        result = fail(job) if i < n_failed else observe(job, 200.0 + i)
        events += [Dispatched(job=job), Observed(observation=result)]
    events += rankings
    journal = MemoryJournal()
    journal.append(campaign.name, events)
    state = fold(journal.stored)
    assert state is not None
    return state


GAIN = Stopping(expected_gain_below=0.5)
REGRET = Stopping(regret_below=2.0)


def test_without_rules_nothing_stops_a_campaign() -> None:
    promising_nothing = (ranked(0.0, 0.0, 8), ranked(0.0, 0.0, 9))
    assert stop_reason(state_of(campaign_of(Stopping()), 9, *promising_nothing)) == ""


@pytest.mark.parametrize(
    ("stopping", "reason"),
    [
        (GAIN, "expected gain of 0.3 Wh/kg, below 0.5"),
        (REGRET, "regret bound of 1.5 Wh/kg, below 2"),
    ],
)
def test_two_rankings_in_a_row_end_it_and_the_reason_says_how_little_is_left(
    stopping: Stopping, reason: str
) -> None:
    campaign = campaign_of(stopping)
    assert stop_reason(state_of(campaign, 9, ranked(0.4, 1.9, 8), ranked(0.3, 1.5, 9))) == reason
    assert stop_reason(state_of(campaign, 9, ranked(0.3, 1.5, 9))) == ""
    assert stop_reason(state_of(campaign, 9, ranked(0.6, 2.5, 8), ranked(0.3, 1.5, 9))) == ""
    assert stop_reason(state_of(campaign, 9, ranked(0.3, 1.5, 8), ranked(0.6, 2.5, 9))) == ""


def test_two_rankings_on_the_same_observations_are_one() -> None:
    state = state_of(campaign_of(GAIN), 9, ranked(0.3, 1.5, 9), ranked(0.3, 1.5, 9))
    assert len(state.outlooks) == 1
    assert stop_reason(state) == ""


def test_a_model_s_word_is_not_taken_before_the_target_was_measured_five_times() -> None:
    said = (ranked(0.3, 1.5, 3), ranked(0.3, 1.5, 4))
    assert stop_reason(state_of(campaign_of(GAIN), 4, *said)) == ""
    assert stop_reason(state_of(campaign_of(GAIN), 5, *said)) != ""


def test_failures_at_the_target_are_not_among_those_five() -> None:
    said = (ranked(0.3, 1.5, 8), ranked(0.3, 1.5, 9))
    assert stop_reason(state_of(campaign_of(GAIN), 9, *said, n_failed=5)) == ""
    assert stop_reason(state_of(campaign_of(GAIN), 9, *said, n_failed=4)) != ""


def test_the_quota_of_the_target_is_kept_whatever_the_model_says() -> None:
    said = (ranked(0.3, 1.5, 8), ranked(0.3, 1.5, 9))
    assert stop_reason(state_of(campaign_of(GAIN, at_least=10), 9, *said)) == ""
    assert stop_reason(state_of(campaign_of(GAIN, at_least=9), 9, *said)) != ""


def test_rules_combine_as_any_or_as_all() -> None:
    both = {"expected_gain_below": 0.5, "regret_below": 2.0}
    one_holds = (ranked(0.3, 9.0, 8), ranked(0.3, 9.0, 9))
    both_hold = (ranked(0.3, 1.0, 8), ranked(0.3, 1.0, 9))
    either, every = Stopping(**both), Stopping(**both, require="all")
    assert stop_reason(state_of(campaign_of(either), 9, *one_holds)).startswith("expected gain")
    assert stop_reason(state_of(campaign_of(every), 9, *one_holds)) == ""
    reason = stop_reason(state_of(campaign_of(every), 9, *both_hold))
    assert reason == "expected gain of 0.3 Wh/kg, below 0.5 and regret bound of 1 Wh/kg, below 2"
