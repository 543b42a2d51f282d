"""The lab as one session has it: proposals within its limits, and builds on their way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from controller.clock import Clock
from controller.dispatcher import POLL_S, Dispatcher
from controller.events import Event
from controller.lab_link import LabLink
from controller.lab_stops import tell_stops
from controller.proposer import Proposer
from controller.proposing import LabCommand, LabMoment
from controller.state import State
from experiments.capabilities import Capabilities
from experiments.errors import CellwrightError

LOOK_EVERY_S: Final = 5.0
"""Proposals may lapse while nothing else happens."""


class Lab:
    """What control asks about builds, and the task that carries them out."""

    def __init__(
        self,
        link: LabLink,
        clock: Clock,
        *,
        log: Callable[[str], None],
        poll_s: float = POLL_S,
    ) -> None:
        self._link = link
        self._proposer = Proposer(clock, log=log)
        self._log = log
        self._poll_s = poll_s
        self._clock = clock
        self._has_news = False
        self._looked_s = 0.0
        self._task: asyncio.Task[None] | None = None
        self._dispatcher: Dispatcher | None = None

    def begin(self, state: Callable[[], State], store: Callable[[Sequence[Event]], None]) -> None:
        """Start going round; ``store`` puts events into the journal, and then into the state."""

        def stored(events: Sequence[Event]) -> None:
            store(events)
            self._has_news = True

        self._dispatcher = Dispatcher(
            self._link,
            state=state,
            store=stored,
            learn=self._learn,
            log=self._log,
            poll_s=self._poll_s,
        )
        self._task = asyncio.create_task(self._dispatcher.run())

    def take_news(self) -> bool:
        """Say, once, that something happened that may lead to a decision; or that time passed."""
        now_s = self._clock.elapsed_s()
        has_news = self._has_news or now_s - self._looked_s >= LOOK_EVERY_S
        if has_news:
            self._has_news, self._looked_s = False, now_s
        return has_news

    def _learn(self, capabilities: Capabilities | None) -> None:
        if self._proposer.learn(capabilities):
            self._has_news = True

    @property
    def capabilities(self) -> Capabilities | None:
        """Return what the lab says it can make; None while it does not answer."""
        return self._proposer.capabilities

    def moment(self) -> LabMoment:
        """Return what ``decide`` must know. Raises what ended the rounds, if anything did."""
        if self._task is not None and self._task.done():
            self._task.result()
        return self._proposer.moment()

    def events_of(self, command: LabCommand, state: State) -> list[Event]:
        """Return what is to be stored of a command about builds."""
        return self._proposer.events_of(command, state)

    async def end(self) -> None:
        """Stop going round. What is under way in the lab goes on there, but for an abort."""
        if self._task is not None:
            self._task.cancel()
            (error,) = await asyncio.gather(self._task, return_exceptions=True)
            if error is not None and not isinstance(error, asyncio.CancelledError):
                self._log(f"what goes round at the lab ended: {type(error).__name__}: {error}")
        try:
            if self._dispatcher is not None:
                await self._dispatcher.tell_stops()
        except CellwrightError as error:
            self._log(f"what was ended here may go on in the lab: {error.message}")
        finally:
            await self._link.close()

    async def only_stop(self, state: State, store: Callable[[Sequence[Event]], None]) -> None:
        """Have the lab stop what a campaign that is over still owes it, and let go of it."""
        try:
            await tell_stops(
                self._link.instrument, state, store, lambda what, why: self._log(f"{what}: {why}")
            )
        finally:
            await self._link.close()
