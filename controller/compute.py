"""Compute as control sees it: messages in and out; supervised_compute.py has the processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from agents.messages import Configure, Ready, ToControl
from experiments.errors import CellwrightError
from experiments.frozen import Frozen


@dataclass(frozen=True)
class Lost:
    """A life of compute is over; another one starts on its own."""

    reason: str


@dataclass(frozen=True)
class Hopeless:
    """Compute will not be started again."""

    error: CellwrightError


@dataclass(frozen=True)
class TakenOver:
    """A fresh life took over in good order; the last one still works on some jobs."""

    ready: Ready
    kept: frozenset[str]
    """Ids of the jobs that the last life finishes."""
    reason: str


@dataclass(frozen=True)
class GivenBack:
    """Jobs that the last life will not finish after all."""

    jobs: frozenset[str]
    reason: str


Happening = ToControl | Lost | Hopeless | TakenOver | GivenBack


class Compute(Protocol):
    """Where jobs are sent and results come from; the processes behind it may change."""

    def start(self, configure: Configure) -> None:
        """Begin; ``Ready`` comes with every life."""
        ...

    def send(self, message: Frozen) -> None:
        """Hand a message to the present life; without one it is dropped."""
        ...

    async def next(self, timeout_s: float) -> list[Happening]:
        """Return everything that happened, waiting at most so long for the first."""
        ...

    def recycle(self, reason: str) -> None:
        """Have a fresh life take over as soon as it is ready; nothing is lost."""
        ...

    async def stop(self) -> None:
        """End it in good order."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...
