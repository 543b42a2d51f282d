from __future__ import annotations

from pathlib import Path

import pytest

from controller.campaign_file import LoadedCampaign
from controller.events import Amended, CampaignStarted, Finished, Resumed
from controller.journal import Journal
from controller.opening import open_campaign
from experiments.budget import Budget
from experiments.campaign import Campaign
from experiments.errors import Invalid
from tests.controller.doubles import ManualClock, small_campaign


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.db", ManualClock())


def loaded(campaign: Campaign) -> LoadedCampaign:
    return LoadedCampaign(campaign, "small.yaml", f"# {campaign.budget}")


def kinds(journal: Journal) -> list[type]:
    return [type(recorded.event) for recorded in journal.read("small")]


def test_a_new_campaign_is_started_with_its_file(journal: Journal) -> None:
    state = open_campaign(journal, loaded(small_campaign()))
    assert kinds(journal) == [CampaignStarted]
    assert state.source == "small.yaml"
    assert state.phase == "running"


def test_an_unchanged_campaign_is_resumed(journal: Journal) -> None:
    open_campaign(journal, loaded(small_campaign()))
    open_campaign(journal, loaded(small_campaign()))
    assert kinds(journal) == [CampaignStarted, Resumed]


def test_a_changed_budget_is_an_amendment(journal: Journal) -> None:
    open_campaign(journal, loaded(small_campaign()))
    larger = small_campaign(budget=Budget(evaluations={"coarse": 60, "fine": 3}))
    state = open_campaign(journal, loaded(larger))
    assert kinds(journal) == [CampaignStarted, Resumed, Amended]
    assert state.campaign == larger
    assert state.text == f"# {larger.budget}"


def test_any_other_change_is_refused_in_one_line_and_stores_nothing(journal: Journal) -> None:
    open_campaign(journal, loaded(small_campaign()))
    other = small_campaign().model_copy(update={"seed": 9, "deadline_s": 10.0})
    with pytest.raises(Invalid, match=r"deadline_s: 900\.0 → 10\.0; seed: 3 → 9") as caught:
        open_campaign(journal, loaded(other))
    assert "\n" not in caught.value.message
    assert caught.value.changed == ["deadline_s", "seed"]
    assert kinds(journal) == [CampaignStarted]


def test_a_finished_campaign_is_left_alone_until_its_budget_changes(journal: Journal) -> None:
    open_campaign(journal, loaded(small_campaign()))
    journal.append("small", [Finished(reason="budget")])
    assert open_campaign(journal, loaded(small_campaign())).phase == "finished"
    assert kinds(journal) == [CampaignStarted, Finished]
    larger = small_campaign(budget=Budget(evaluations={"coarse": 60, "fine": 3}))
    assert open_campaign(journal, loaded(larger)).phase == "running"


def test_two_campaigns_of_one_journal_know_nothing_of_each_other(journal: Journal) -> None:
    open_campaign(journal, loaded(small_campaign()))
    other = open_campaign(journal, loaded(small_campaign(name="other")))
    assert other.campaign.name == "other"
    assert len(kinds(journal)) == 1
