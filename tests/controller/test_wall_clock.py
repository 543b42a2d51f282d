"""Whatever the calendar does, durations, order, budgets and results stay as they are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agents.messages import Configure
from controller.alarm import Standstill, alarm
from controller.budget import allowance, wall_hours
from controller.campaign_file import LoadedCampaign
from controller.control import Control
from controller.journal import Journal
from controller.opening import open_campaign
from controller.results import utilisation, working_s
from controller.state import State
from experiments.budget import Budget
from tests.controller.doubles import FakeCompute, Watcher, small_campaign

START = datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC)
"""A second before clocks go back in Berlin."""


class WildClock:
    """A monotonic clock that ticks, and a calendar that does as it is told."""

    def __init__(self, calendar: Callable[[float], datetime]) -> None:
        self.seconds = 0.0
        self.calendar = calendar

    def now(self) -> datetime:
        return self.calendar(self.elapsed_s())

    def elapsed_s(self) -> float:
        self.seconds += 0.25
        return self.seconds


def steady(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def forward(seconds: float) -> datetime:
    return steady(seconds) + timedelta(days=400 if seconds > 5 else 0)


def backward(seconds: float) -> datetime:
    return steady(seconds) - timedelta(days=400 if seconds > 5 else 0)


def restless(seconds: float) -> datetime:
    return steady(seconds) + timedelta(hours=(-1) ** int(seconds) * int(seconds))


def summer_time_ends(seconds: float) -> datetime:
    return steady(seconds).astimezone(ZoneInfo("Europe/Berlin"))


def state_under(calendar: Callable[[float], datetime], folder: Path) -> State:
    """Return a campaign's end after two sessions under a calendar."""
    campaign = small_campaign(
        budget=Budget(evaluations={"coarse": 6, "fine": 3}, wall_hours=1.0, cpu_hours=1.0)
    )
    for stop_after in (4, None):
        clock = WildClock(calendar)
        journal = Journal(folder / "journal.db", clock)
        loaded = LoadedCampaign(campaign, "small.yaml", "name: small")
        control = Control(
            open_campaign(journal, loaded),
            journal=journal,
            compute=FakeCompute(seed=3),
            configure=Configure(campaign=campaign, home="/h", artifact_url="file:///h"),
            view=Watcher(),
            clock=clock,
            stop_after=stop_after,
        )
        state = asyncio.run(control.run()).state
        journal.close()
    return state


@pytest.mark.parametrize("calendar", [forward, backward, restless, summer_time_ends])
def test_a_jumping_calendar_changes_nothing_but_the_dates(
    calendar: Callable[[float], datetime], tmp_path: Path
) -> None:
    folders = [tmp_path / "calm", tmp_path / "wild"]
    for folder in folders:
        folder.mkdir()
    calm, wild = state_under(steady, folders[0]), state_under(calendar, folders[1])
    assert list(wild.observations) == list(calm.observations)
    assert wild.reason == calm.reason == "budget"
    assert working_s(wild) == working_s(calm) > 0
    assert wall_hours(wild) == wall_hours(calm)
    assert utilisation(wild) == utilisation(calm)
    assert allowance(wild).left() == allowance(calm).left()
    ends = [[one.last_event_s for one in state.sessions] for state in (wild, calm)]
    assert ends[0] == ends[1]
    dates = [list(state.observed_at.values()) for state in (wild, calm)]
    assert (dates[0] == dates[1]) == (calendar is summer_time_ends), "dates are stored in UTC"


def test_no_calendar_raises_or_silences_the_alarm(tmp_path: Path) -> None:
    for name, calendar in (("forward", forward), ("backward", backward)):
        folder = tmp_path / name
        folder.mkdir()
        state = state_under(calendar, folder)
        running = type(state)(**{**vars(state), "phase": "running"})
        last_s = state.sessions[-1].last_observed_s
        assert last_s is not None
        assert alarm(running, Standstill(now_s=last_s + 200, n_slots=2)) is None
        assert alarm(running, Standstill(now_s=last_s + 400, n_slots=2)) is not None
