"""Rehearse a campaign: session after session of the real control, until it ends or time is up."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from agents.messages import Configure
from controller.campaign_file import LoadedCampaign
from controller.control import Control
from controller.opening import open_campaign
from controller.outcome import Outcome
from controller.rehearsal import memory_files
from controller.rehearsal.mortal import Killed, MortalCompute, Mortality, MortalJournal
from controller.rehearsal.occupancy import Occupancy
from controller.rehearsal.settings import DAY_S, Settings
from controller.rehearsal.simulated_link import SimulatedLink
from controller.rehearsal.stand_ins import refuse_unrehearsable
from controller.rehearsal.virtual_time import (
    VirtualClock,
    VirtualTimeLoop,
    run_in_virtual_time,
    virtual_loop,
)
from controller.snapshot import Snapshot
from controller.state import State
from experiments.errors import CellwrightError
from experiments.observation import Observation

JOURNAL: Final = "journal.db"
_RESTART_S: Final = 30.0
"""Until somebody, or a service manager, starts control again (assumed)."""
_MOST_IN_VAIN: Final = 10
"""Sessions in a row that fail without a new result; more of them would fail as well."""


@dataclass(frozen=True)
class Rehearsed:
    """What a rehearsal came to."""

    state: State
    journal: Path
    is_finished: bool
    simulated_s: float
    utilisation: float | None
    """Busy over offered worker time, lost work included as busy."""
    acknowledged: dict[str, Observation]
    """Every observation that any control knew to be stored, by job id."""
    most_held: int
    """The most jobs that a life of compute held at once."""
    n_kills: int
    """Of control."""
    failures: tuple[str, ...]
    """Why sessions ended that were not killed and did not finish."""


def rehearse(loaded: LoadedCampaign, settings: Settings, folder: Path) -> Rehearsed:
    """Rehearse a campaign; its journal is written into the folder, which must hold none.

    Equal campaigns and settings write equal journals. Raises ``Invalid`` for a campaign that
    cannot be rehearsed, and what ended session after session without a result.
    """
    refuse_unrehearsable(loaded.campaign)
    memory_files.empty_store()
    try:
        return run_in_virtual_time(_Stage(loaded, settings, folder).play())
    finally:
        memory_files.empty_store()


class _Stage:
    """The world around control, from its first start to its last."""

    def __init__(self, loaded: LoadedCampaign, settings: Settings, folder: Path) -> None:
        self._loaded = loaded
        self._settings = settings
        self._path = folder / JOURNAL
        self._random = Random(settings.seed)
        self._occupancy = Occupancy(settings.n_workers, settings.counted_from_s)
        self._links: list[SimulatedLink] = []
        self._acknowledged: dict[str, Observation] = {}
        self._n_acknowledged = 0
        self._n_before = self._n_in_vain = 0
        self._failures: list[str] = []
        self._mortality = Mortality(settings.faults.control_death, Random(settings.seed + 1))
        self._most_held = 0
        self._offset_s = 0.0

    async def play(self) -> Rehearsed:
        """Start control again and again, as a service manager would."""
        loop = virtual_loop()
        while True:
            try:
                outcome = await self._session(loop)
            except Killed:
                pass
            except CellwrightError as error:
                self._failures.append(error.message)
                self._give_up_in_vain(error)
            else:
                if outcome.ending == "finished" or loop.time() >= self._settings.horizon_s:
                    return self._rehearsed(outcome, loop)
            self._most_held = max([self._most_held, *(link.most_held for link in self._links)])
            self._links.clear()
            await asyncio.sleep(_RESTART_S)

    def _give_up_in_vain(self, error: CellwrightError) -> None:
        """Raise the error where session after session ended like this without a result."""
        if self._n_acknowledged > self._n_before:
            self._n_before, self._n_in_vain = self._n_acknowledged, 0
        self._n_in_vain += 1
        if self._n_in_vain >= _MOST_IN_VAIN:
            raise error

    async def _session(self, loop: VirtualTimeLoop) -> Outcome:
        clock = VirtualClock(loop)
        clock.offset_s = self._offset_s
        with closing(MortalJournal(self._path, clock, self._mortality)) as journal:
            state = open_campaign(journal, self._loaded)
            self._acknowledge(state)
            compute = MortalCompute(lambda: self._open_link(loop), self._settings, self._mortality)
            control = Control(
                state,
                journal=journal,
                compute=compute,
                configure=Configure(
                    campaign=self._loaded.campaign, home="/rehearsal", artifact_url=memory_files.URL
                ),
                view=_Unseen(),
                clock=clock,
                turn_s=self._settings.turn_s,
                redraw_s=self._settings.redraw_s,
                when_stored=self._acknowledge,
            )
            time_is_up = loop.call_at(
                self._settings.horizon_s, control.ask_to_stop, "the rehearsal's time is up"
            )
            troubles = [
                loop.create_task(self._turn_clocks(clock)),
                loop.create_task(self._recycle(control)),
            ]
            try:
                return await control.run()
            finally:
                time_is_up.cancel()
                for trouble in troubles:
                    trouble.cancel()

    async def _open_link(self, loop: VirtualTimeLoop) -> SimulatedLink:
        link = SimulatedLink(loop, self._settings, self._random, self._occupancy)
        self._links.append(link)
        return link

    async def _turn_clocks(self, clock: VirtualClock) -> None:
        """Put the calendar forward or back now and then."""
        while True:
            await self._sleep(self._settings.faults.clock_jumps_per_day)
            clock.offset_s = self._offset_s = self._random.uniform(-DAY_S, DAY_S)

    async def _recycle(self, control: Control) -> None:
        """Have compute replaced in good order now and then."""
        while True:
            await self._sleep(self._settings.faults.recycles_per_day)
            control.ask_to_recycle("as rehearsed")

    async def _sleep(self, per_day: float) -> None:
        """Sleep until the next of so many chances a day."""
        n_days = self._random.expovariate(per_day) if per_day > 0 else self._settings.days
        await asyncio.sleep(n_days * DAY_S)
        if per_day <= 0:
            await asyncio.Event().wait()

    def _acknowledge(self, state: State) -> None:
        """Keep what control may from now on tell the world."""
        if len(state.observations) > self._n_acknowledged:
            self._n_acknowledged = len(state.observations)
            for job_id in reversed(tuple(state.observations)):
                if job_id in self._acknowledged:
                    break
                self._acknowledged[job_id] = state.observations[job_id]

    def _rehearsed(self, outcome: Outcome, loop: VirtualTimeLoop) -> Rehearsed:
        self._most_held = max([self._most_held, *(link.most_held for link in self._links)])
        return Rehearsed(
            state=outcome.state,
            journal=self._path,
            is_finished=outcome.ending == "finished",
            simulated_s=loop.time(),
            utilisation=self._occupancy.share(loop.time()),
            acknowledged=self._acknowledged,
            most_held=self._most_held,
            n_kills=self._mortality.n_deaths,
            failures=tuple(self._failures),
        )


class _Unseen:
    """A view that nobody looks at."""

    def update(self, snapshot: Snapshot) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Do nothing."""
