"""Machines that exist in virtual time only: calls take as long as they are told to, some die."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from random import Random
from typing import Any, Final

from agents import asker, stages
from agents.executor import (
    Cancelled,
    Died,
    Executor,
    Finished,
    Handle,
    Kept,
    Raised,
    Reference,
    Returned,
)
from controller.rehearsal.occupancy import Occupancy
from controller.rehearsal.settings import Settings
from controller.rehearsal.stand_ins import StandIns
from controller.rehearsal.virtual_time import VirtualTimeLoop
from experiments.errors import InternalError, Transient
from experiments.ranking import Ranking

_STAGES: Final = (stages.generate, stages.read, stages.characterize, stages.evaluate)
_IMPORT_S: Final = 8.0
"""What a worker takes to import what the stages need (assumed)."""
_PULSE_S: Final = 0.01
_KILL_S: Final = 1.0
_NEVER: Final = 1e12

_Outcome = Callable[[Handle], Finished]


class SimulatedExecutor(Executor):
    """One life of a simulated cluster; only deciders are called for real, and their time drawn."""

    def __init__(
        self, loop: VirtualTimeLoop, settings: Settings, work: StandIns, random: Random,
        occupancy: Occupancy,
    ) -> None:  # fmt: skip
        self._loop = loop
        self._settings = settings
        self._work = work
        self._random = random
        self._occupancy = occupancy
        self._life = occupancy.new_life()
        self._numbers = itertools.count()
        self._ends: list[tuple[float, int]] = []
        self._calls: dict[int, tuple[Handle, _Outcome]] = {}
        self._busy_until: dict[str, float] = {}

    @property
    def slots(self) -> int:
        """Return the number of workers."""
        return self._settings.n_workers

    @property
    def nodes(self) -> tuple[str, ...]:
        """Return the one name."""
        return ("rehearsal",)

    @property
    def dashboard(self) -> str | None:
        """Return None: there is no page."""
        return None

    @property
    def next_end_s(self) -> float:
        """Return when the next call ends; far away where none is under way."""
        return self._ends[0][0] if self._ends else _NEVER

    def submit(
        self, function: Callable[..., Any], *arguments: Any, lane: str | None = None
    ) -> Handle:
        """Start a call."""
        handle = Handle(next(self._numbers), function.__name__)
        values = tuple(a.token if isinstance(a, Reference) else a for a in arguments)
        if function in _STAGES:
            self._start_stage(handle, function, values)
        elif function is asker.rank:
            self._ask(handle, values, lane or "")
        else:
            self._end_after(_IMPORT_S, handle, lambda h: self._returned(h, function, values, 0.0))
        return handle

    def pulse(self) -> Handle:
        """Start a trivial call."""
        handle = Handle(next(self._numbers), "pulse")
        self._end_after(_PULSE_S, handle, lambda h: Returned(h, None, None, 0.0, _worker(h)))
        return handle

    def wait(self, timeout_s: float) -> list[Finished]:
        """Return what has ended by now; in virtual time nobody waits."""
        finished = []
        while self._ends and self._ends[0][0] <= self._loop.time():
            _, number = heapq.heappop(self._ends)
            found = self._calls.pop(number, None)
            if found is not None:
                self._occupancy.end(self._life, number, self._loop.time())
                finished.append(found[1](found[0]))
        return finished

    def cancel(self, handle: Handle) -> None:
        """Kill the call's worker, which takes a moment."""
        if self._calls.pop(handle.number, None) is not None:
            self._occupancy.end(self._life, handle.number, self._loop.time())
            self._end_after(_KILL_S, handle, Cancelled)

    def put(self, value: Any) -> Reference:
        """Wrap the value."""
        return Reference(value)

    def get(self, reference: Reference) -> Any:
        """Return the value."""
        return reference.token

    def close(self) -> None:
        """End everything that is under way."""
        for number in self._calls:
            self._occupancy.end(self._life, number, self._loop.time())
        self._calls.clear()
        self._ends.clear()

    def _start_stage(
        self, handle: Handle, function: Callable[..., Any], arguments: tuple[Any, ...]
    ) -> None:
        faults, random = self._settings.faults, self._random
        seconds = self._work.duration_s(function, arguments)
        self._occupancy.begin(self._life, handle.number, self._loop.time())
        if random.random() < faults.hang:
            self._end_after(_NEVER, handle, Cancelled)
        elif random.random() < faults.worker_death:
            self._end_after(seconds * random.random(), handle, lambda h: Died(h, "as rehearsed"))
        else:
            self._end_after(
                seconds, handle, lambda h: self._returned(h, function, arguments, seconds)
            )

    def _ask(self, handle: Handle, arguments: tuple[Any, ...], lane: str) -> None:
        """Answer a question once the lane is free."""
        random = self._random
        mean_s = self._settings.refit_s
        seconds = random.expovariate(1 / mean_s) if mean_s > 0 else 0.0
        begins_s = max(self._loop.time(), self._busy_until.get(lane, 0.0))
        self._busy_until[lane] = begins_s + seconds
        is_failing = random.random() < self._settings.faults.failed_ask
        is_death = random.random() < 0.5

        def answer(h: Handle) -> Finished:
            if is_failing:
                if is_death:
                    return Died(h, "as rehearsed")
                return Raised(h, Transient("the fit failed as rehearsed"), seconds, _worker(h))
            ranking: Ranking = asker.rank(*arguments)
            ranking = ranking.model_copy(update={"elapsed_s": seconds})
            return Returned(h, ranking, None, seconds, _worker(h))

        self._end_after(self._busy_until[lane] - self._loop.time(), handle, answer)

    def _returned(
        self, handle: Handle, function: Callable[..., Any], arguments: tuple[Any, ...], s: float
    ) -> Finished:
        value = self._work.call(function, arguments)
        if isinstance(value, Kept):
            return Returned(handle, value.value, Reference(value.large), s, _worker(handle))
        return Returned(handle, value, None, s, _worker(handle))

    def _end_after(self, seconds: float, handle: Handle, outcome: _Outcome) -> None:
        if handle.number in self._calls:
            raise InternalError(f"call {handle.number} was started twice")
        self._calls[handle.number] = (handle, outcome)
        heapq.heappush(self._ends, (self._loop.time() + seconds, handle.number))


def _worker(handle: Handle) -> str:
    return f"rehearsal:{handle.number % 1000}"
