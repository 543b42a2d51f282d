from __future__ import annotations

from pathlib import Path

import pytest

from controller.campaign_file import LoadedCampaign
from controller.home import Home, HomeLock, make_home
from controller.journal import Journal
from controller.opening import open_campaign
from controller.stored_campaign import read_campaign
from experiments.errors import Invalid
from tests.controller.doubles import ManualClock, small_campaign


def add(home: Home, name: str) -> None:
    journal = Journal(home.journal, ManualClock())
    open_campaign(journal, LoadedCampaign(small_campaign(name=name), "", ""))
    journal.close()


def test_the_only_campaign_needs_no_name(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    add(home, "one")
    assert read_campaign(tmp_path, None).state.campaign.name == "one"


def test_several_campaigns_must_be_told_apart(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    add(home, "one")
    add(home, "two")
    with pytest.raises(Invalid, match="one, two"):
        read_campaign(tmp_path, None)
    assert read_campaign(tmp_path, "two").state.campaign.name == "two"


def test_an_unknown_campaign_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    add(make_home(tmp_path), "one")
    with pytest.raises(Invalid, match="no campaign 'three'; it holds: one"):
        read_campaign(tmp_path, "three")


def test_a_campaign_runs_only_while_its_control_holds_the_home(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    add(home, "one")
    assert not read_campaign(tmp_path, "one").is_running
    lock = HomeLock(home)
    add(home, "two")
    assert read_campaign(tmp_path, "two").is_running
    assert not read_campaign(tmp_path, "one").is_running
    lock.release()
