"""A disk that is really full, again and again: the campaign pauses, and goes on unaided."""

from __future__ import annotations

import asyncio
import random
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agents.messages import Configure
from controller.campaign_file import LoadedCampaign
from controller.control import Control
from controller.fold import fold
from controller.journal import Journal, JournalReader
from controller.opening import open_campaign
from controller.results import observations_by_fidelity
from controller.state import State
from experiments.budget import Budget
from tests.controller.doubles import FakeCompute, ManualClock, Watcher, small_campaign
from tests.small_disk import fill, make_room, small_disk


class Patient(FakeCompute):
    """A compute that waits with everybody else when there is nothing to do."""

    clock: ManualClock
    at_turn: Any = None

    async def next(self, timeout_s: float) -> Any:
        self.at_turn()
        if self.lives and not self.jobs and not self.asks:
            self.clock.seconds += timeout_s
            return []
        return await super().next(timeout_s)


def run_on_full_disks(folder: Path, n_times: int) -> None:
    """Run one campaign in one session while its disk is full so many times."""
    dice = random.Random(n_times)
    campaign = small_campaign(budget=Budget(evaluations={"coarse": 8 * n_times, "fine": 3}))
    pauses, clock, said = 0, ManualClock(), list[str]()
    with small_disk(folder, 4096 + 256 * n_times) as disk:
        path = disk / "journal.db"
        with closing(Journal(path, clock)) as journal:
            compute = Patient(seed=1)
            compute.clock = clock
            n_turns = 0

            def at_turn() -> None:
                nonlocal pauses, n_turns
                if control._room.note is not None and (disk / "filler").exists():
                    n_turns += 1
                    if n_turns == 3:
                        pauses, n_turns = pauses + 1, 0
                        with JournalReader(path) as reader:  # a reader is served meanwhile
                            state = fold(reader.read("small"))
                        assert state is not None
                        assert state.observations == control._state.observations
                        make_room(disk)

            def when_stored(_: State) -> None:
                if pauses < n_times and dice.random() < 0.3:
                    fill(disk)

            compute.at_turn = at_turn
            control = Control(
                open_campaign(journal, LoadedCampaign(campaign, "small.yaml", "")),
                journal=journal,
                compute=compute,
                configure=Configure(campaign=campaign, home="/h", artifact_url="file:///h"),
                view=Watcher(),
                clock=clock,
                when_stored=when_stored,
                log=said.append,
            )
            outcome = asyncio.run(control.run())
        assert outcome.ending == "finished"
        assert pauses == n_times
        assert "paused until the disk has room again" in said[0]
        assert said[-1] == "the disk has room again; the campaign goes on"
        with JournalReader(path) as reader:
            assert fold(reader.read("small")) == outcome.state
        assert observations_by_fidelity(outcome.state) == {"coarse": 8 * n_times, "fine": 3}


def test_a_disk_that_is_full_five_times_costs_nothing_but_time(tmp_path: Path) -> None:
    run_on_full_disks(tmp_path, 5)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_disk_that_is_full_fifty_times_costs_nothing_but_time(tmp_path: Path) -> None:
    run_on_full_disks(tmp_path, 50)
