from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from controller.campaign_file import LoadedCampaign
from controller.events import Finished
from controller.home import Home, HomeLock, make_home
from controller.journal import Journal
from controller.opening import open_campaign
from controller.report.build import read_material
from controller.stored_campaign import read_campaign
from experiments.errors import Invalid, Rejected
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


def phase(home: Home, name: str) -> str:
    return read_campaign(home.path, name).state.phase


def test_a_campaign_runs_only_while_its_control_holds_the_home(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    add(home, "one")
    assert phase(home, "one") == "interrupted"
    assert read_campaign(tmp_path, "one").state.reason == "control ended without notice"
    lock = HomeLock(home)
    add(home, "two")
    assert phase(home, "two") == "running"
    assert phase(home, "one") == "interrupted"
    lock.release()
    assert read_material(home, "two").state.phase == "interrupted"


def test_a_finished_campaign_is_finished_whoever_holds_the_home(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    add(home, "one")
    journal = Journal(home.journal, ManualClock())
    journal.append("one", [Finished(reason="budget")])
    journal.close()
    assert phase(home, "one") == "finished"
    lock = HomeLock(home)
    assert phase(home, "one") == "finished"
    lock.release()


def test_a_journal_that_was_tampered_with_tells_nothing_but_where(tmp_path: Path) -> None:
    home = make_home(tmp_path)
    add(home, "one")
    add(home, "two")
    with closing(sqlite3.connect(home.journal)) as connection:
        guard = "SELECT sql FROM sqlite_master WHERE name = 'events_stay'"
        (statement,) = connection.execute(guard).fetchone()
        connection.execute("DROP TRIGGER events_stay")
        connection.execute("UPDATE events SET at = '2000-01-01' WHERE position = 1")
        connection.execute(statement)
        connection.commit()
    for tell in (lambda: read_campaign(tmp_path, "two"), lambda: read_material(home, "two")):
        with pytest.raises(Rejected, match=r"journal\.db is damaged at position 1"):
            tell()
