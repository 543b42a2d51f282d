"""A life of compute without a process: the real compute loop, turned in virtual time."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from queue import Empty
from random import Random
from typing import Final

from agents.clock import Clock
from agents.compute_loop import ComputeLoop
from agents.messages import (
    Answered,
    Configure,
    Fault,
    JobFinished,
    JobLost,
    JobStarted,
    RunJob,
    ToControl,
    decode_to_compute,
    decode_to_control,
    encode,
)
from controller.rehearsal.occupancy import Occupancy
from controller.rehearsal.settings import DAY_S, Settings
from controller.rehearsal.simulated_executor import SimulatedExecutor
from controller.rehearsal.stand_ins import StandIns
from controller.rehearsal.virtual_time import VirtualClock, VirtualTimeLoop
from experiments.errors import CellwrightError, InternalError, Invalid, Unreachable
from experiments.frozen import Frozen

_START_S: Final = 5.0
"""What a process and its Ray take to start (assumed)."""
_LATE_S: Final = 20.0
"""Mean delay of a message that is late."""


class _Lines:
    """The queue of control's lines: nobody waits for it in virtual time."""

    def __init__(self) -> None:
        self.waiting: deque[bytes | Invalid | None] = deque()

    def get(self, block: bool = True, timeout: float | None = None) -> bytes | Invalid | None:
        """Return the next line. Raises ``Empty`` at once where there is none."""
        if not self.waiting:
            raise Empty
        return self.waiting.popleft()


class SimulatedLink:
    """What control sees of a life: lines to it and from it, and an end in many ways."""

    def __init__(
        self, loop: VirtualTimeLoop, settings: Settings, random: Random, occupancy: Occupancy
    ) -> None:
        self._loop = loop
        self._settings = settings
        self._random = random
        self._occupancy = occupancy
        self.lines = _Lines()
        self._heard: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._news = asyncio.Event()
        self._held: set[str] = set()
        self.most_held = 0
        """The most jobs it was given and had not answered."""
        self._task = loop.create_task(self._live())

    def send(self, message: Frozen) -> None:
        """Hand a message over, as the line it would be."""
        if isinstance(message, RunJob):
            if message.job.id in self._held:
                raise InternalError(f"job {message.job.id} was sent twice to one life of compute")
            self._held.add(message.job.id)
            self.most_held = max(self.most_held, len(self._held))
        self.lines.waiting.append(encode(message).rstrip(b"\n"))
        self._news.set()

    async def receive(self) -> ToControl:
        """Wait for the next message. Raises ``Unreachable`` where the life is over."""
        line = await self._heard.get()
        if line is None:
            self._heard.put_nowait(None)
            raise Unreachable("compute ended as rehearsed")
        message = decode_to_control(line)
        if isinstance(message, JobFinished):
            self._held.discard(message.observation.job.id)
        elif isinstance(message, JobLost):
            self._held.discard(message.job_id)
        return message

    async def end(self, patience_s: float) -> None:
        """End the life."""
        self.kill()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    def kill(self) -> None:
        """End the life at once."""
        self._task.cancel()

    def last_words(self, *, n_lines: int = 5) -> Sequence[str]:
        """Return nothing: there is no log."""
        return ()

    async def _live(self) -> None:
        """Turn the compute loop until it ends, dies or falls silent."""
        try:
            await asyncio.sleep(_START_S)
            await self._serve(
                self._lifetime_s(self._settings.faults.compute_deaths_per_day),
                self._lifetime_s(self._settings.faults.compute_silences_per_day),
            )
        except CellwrightError as error:
            self._tell(Fault(message=error.message, is_fatal=True))
        finally:
            self._heard.put_nowait(None)

    async def _serve(self, dies_s: float, silent_s: float) -> None:
        first = self.lines.waiting.popleft()
        assert isinstance(first, bytes)
        configure = decode_to_compute(first)
        assert isinstance(configure, Configure)
        faults, job_s, spread = self._settings.faults, self._settings.job_s, self._settings.spread
        work = StandIns(
            configure.campaign, job_s=job_s, spread=spread, failing=faults.failing_design,
            random=self._random,
        )  # fmt: skip
        machines = SimulatedExecutor(
            self._loop, self._settings, work, self._random, self._occupancy
        )
        calendar = VirtualClock(self._loop)
        clock = Clock(
            monotonic_s=self._loop.time,
            now=lambda: calendar.now().isoformat(timespec="milliseconds"),
        )
        compute = ComputeLoop(
            configure, executor=machines, tell=self._tell, clock=clock,
            heartbeat_s=self._settings.heartbeat_s,
        )  # fmt: skip
        try:
            while compute.turn(self):
                now_s = self._loop.time()
                if now_s >= silent_s:
                    await asyncio.Event().wait()
                if now_s >= dies_s:
                    return
                pulse_s = now_s + self._settings.heartbeat_s
                await self._wait_until(min(machines.next_end_s, pulse_s, dies_s, silent_s))
        finally:
            machines.close()

    async def _wait_until(self, moment_s: float) -> None:
        """Wait for a moment, or for a line of control."""
        self._news.clear()
        if self.lines.waiting:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(moment_s):
                await self._news.wait()

    def _tell(self, message: ToControl) -> None:
        """Put a line on its way to control; a result may be late, and come twice."""
        line = encode(message)
        faults, random = self._settings.faults, self._random
        can_be_late = isinstance(message, JobFinished | JobStarted | Answered)
        is_doubled = isinstance(message, JobFinished | Answered)
        for _ in range(1 + (is_doubled and random.random() < faults.doubled)):
            if can_be_late and random.random() < faults.late:
                self._loop.call_later(random.expovariate(1 / _LATE_S), self._heard.put_nowait, line)
            else:
                self._heard.put_nowait(line)

    def _lifetime_s(self, per_day: float) -> float:
        if per_day <= 0.0:
            return float("inf")
        return self._loop.time() + self._random.expovariate(per_day / DAY_S)
