"""Control's hands, which its death may stay: before or after a write, before or after a message."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from random import Random

from controller.clock import Clock
from controller.compute_link import Link
from controller.events import Event, Recorded
from controller.journal import Journal
from controller.rehearsal.settings import Settings
from controller.supervised_compute import SupervisedCompute
from experiments.frozen import Frozen


class Killed(BaseException):
    """The process ends here: what it did before stands, and nothing of it runs any more."""


class Mortality:
    """Decides at every chance whether control dies of it; not before its first write."""

    def __init__(self, chance: float, random: Random) -> None:
        self._chance = chance
        self._random = random
        self.n_deaths = 0

    def chance(self) -> None:
        """Raise ``Killed``, or let it live."""
        if self._chance and self._random.random() < self._chance:
            self.n_deaths += 1
            raise Killed


class MortalJournal(Journal):
    """The real journal, in the hands of a control that may die before and after every append."""

    def __init__(self, path: Path, clock: Clock, mortality: Mortality) -> None:
        super().__init__(path, clock)
        self._mortality = mortality

    def append(
        self,
        campaign: str,
        events: Sequence[Event],
        *,
        accept: Callable[[Sequence[Recorded]], object] = lambda _: None,
    ) -> tuple[Recorded, ...]:
        """Append, or die before or after it."""
        self._mortality.chance()
        recorded = super().append(campaign, events, accept=accept)
        self._mortality.chance()
        return recorded


class MortalCompute(SupervisedCompute):
    """The real supervision, in the hands of a control that may die of every message."""

    def __init__(
        self, open_link: Callable[[], Awaitable[Link]], settings: Settings, mortality: Mortality
    ) -> None:
        super().__init__(
            Path("/"), Path("/rehearsal.log"), {},
            start_limit_s=4 * settings.heartbeat_s,
            silence_limit_s=3 * settings.heartbeat_s,
            turn_s=settings.heartbeat_s / 10,
            open_link=open_link,
            check_s=float("inf"),  # the age and the memory of a simulated process are nobody's
        )  # fmt: skip
        self._mortality = mortality

    def send(self, message: Frozen) -> None:
        """Send, or die before or after it."""
        self._mortality.chance()
        super().send(message)
        self._mortality.chance()
