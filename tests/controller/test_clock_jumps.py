"""The journal's order orders: clocks that jump, and zones that change, change nothing."""

from __future__ import annotations

import asyncio
import os
import random
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from agents.messages import Configure
from controller.campaign_file import LoadedCampaign
from controller.clock import SystemClock
from controller.control import Control
from controller.events import Resumed
from controller.journal import Journal, JournalReader
from controller.opening import open_campaign
from controller.outcome import Outcome
from controller.results import working_s
from controller.status_document import status_document
from tests.controller.doubles import FakeCompute, ManualClock, Watcher, small_campaign


class JumpingClock(ManualClock):
    """A wall clock that jumps by up to a year either way, in any zone; durations stay true."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = random.Random(seed)

    def now(self) -> datetime:
        jump = timedelta(hours=self.random.randint(-9000, 9000))
        zone = timezone(timedelta(hours=self.random.randint(-12, 14)))
        return (super().now() + jump).astimezone(zone)


def run(path: Path, clock: ManualClock) -> Outcome:
    campaign = small_campaign()
    with closing(Journal(path, clock)) as journal:
        control = Control(
            open_campaign(journal, LoadedCampaign(campaign, "small.yaml", "")),
            journal=journal,
            compute=FakeCompute(seed=4),
            configure=Configure(campaign=campaign, home="/h", artifact_url="file:///h"),
            view=Watcher(),
            clock=clock,
        )
        return asyncio.run(control.run())


@pytest.mark.parametrize("seed", range(3))
def test_a_clock_that_jumps_changes_nothing_but_the_names_of_moments(
    tmp_path: Path, seed: int
) -> None:
    steady = run(tmp_path / "steady.db", ManualClock()).state
    jumped = run(tmp_path / "jumping.db", JumpingClock(seed)).state
    assert list(jumped.observations.items()) == list(steady.observations.items())
    assert list(jumped.dispatches) == list(steady.dispatches)
    assert working_s(jumped) == pytest.approx(working_s(steady), rel=0.2)
    documents = [
        status_document(state).model_dump(exclude={"started_at", "working_s", "worker_utilisation"})
        for state in (steady, jumped)
    ]
    assert documents[0] == documents[1]
    with JournalReader(tmp_path / "jumping.db") as reader:
        events = list(reader.read("small"))
    moments = [datetime.fromisoformat(recorded.at) for recorded in events]
    assert moments != sorted(moments), "the clock did not jump"
    assert all(moment.utcoffset() == timedelta(0) for moment in moments)
    assert [recorded.position for recorded in events] == list(range(1, len(events) + 1))


def test_times_are_stored_in_utc_wherever_the_machine_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over the hour that daylight saving repeats, local times would go back."""
    for zone in ("Europe/Berlin", "America/New_York", "Asia/Kolkata"):
        monkeypatch.setitem(os.environ, "TZ", zone)
        time.tzset()
        try:
            before = datetime.now(UTC)
            with closing(Journal(tmp_path / f"{zone[:4]}.db", SystemClock())) as journal:
                (stored,) = journal.append("a", [Resumed()])
            after = datetime.now(UTC)
        finally:
            monkeypatch.delenv("TZ")
            time.tzset()
        at = datetime.fromisoformat(stored.at)
        assert at.utcoffset() == timedelta(0)
        assert before - timedelta(milliseconds=1) <= at <= after
