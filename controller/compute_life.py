"""One life of compute under watch: what it was given, what it works on, and how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from agents.messages import (
    CancelJob,
    Fault,
    JobFinished,
    JobLost,
    JobStarted,
    Ready,
    RunJob,
    ToControl,
)
from controller.compute_link import ComputeLink, Link
from controller.memory import held_bytes, n_killed_for_memory
from controller.post_mortem import Death
from experiments.errors import CellwrightError, Invalid
from experiments.frozen import Frozen

_STALLED_TURNS: Final = 10
"""If control itself did not run for so many turns, silence proves nothing."""


class ComputeLife:
    """A running compute process; ``ended`` is done when it is no more."""

    def __init__(
        self,
        link: Link,
        tell: Callable[[ComputeLife, ToControl], None],
        *,
        start_limit_s: float,
        silence_limit_s: float,
        turn_s: float,
    ) -> None:
        self._link = link
        self._tell = tell
        self._start_limit_s = start_limit_s
        self._silence_limit_s = silence_limit_s
        self._turn_s = turn_s
        self._n_killed_before = n_killed_for_memory()
        self._given: set[str] = set()
        self._started: set[str] = set()
        self.began_s = asyncio.get_running_loop().time()
        self.ready: Ready | None = None
        self.ended: asyncio.Task[Death] = asyncio.create_task(self._listen())
        """Raises ``Invalid`` for what the user must mend."""

    def held_bytes(self) -> int:
        """Return the memory that its processes hold; 0 where it is none."""
        return held_bytes(self._link.pid) if isinstance(self._link, ComputeLink) else 0

    @property
    def under_way(self) -> frozenset[str]:
        """Return the ids of the jobs that are on a worker."""
        return frozenset(self._started)

    def send(self, message: Frozen) -> None:
        """Hand a message over."""
        if isinstance(message, RunJob):
            self._given.add(message.job.id)
        self._link.send(message)

    def take_back(self) -> None:
        """Let it finish what is on a worker, and nothing else."""
        for job_id in self._given - self._started:
            self._link.send(CancelJob(job_id=job_id))
        self._given &= self._started

    def kill(self) -> None:
        """Kill the whole process group at once."""
        self._link.kill()

    async def end(self, patience_s: float) -> None:
        """Ask it to end, wait so long, then kill it; nothing is heard of it any more."""
        self.ended.cancel()
        await asyncio.gather(self.ended, return_exceptions=True)
        await self._link.end(patience_s)

    async def _listen(self) -> Death:
        loop = asyncio.get_running_loop()
        heard_s = turned_s = loop.time()
        while True:
            limit_s = self._silence_limit_s if self.ready else self._start_limit_s
            message: ToControl | None = None
            try:
                async with asyncio.timeout(self._turn_s):
                    message = await self._link.receive()
            except TimeoutError:
                pass
            except CellwrightError as error:
                return self._death(error.message)
            now_s = loop.time()
            if message is not None or now_s - turned_s > _STALLED_TURNS * self._turn_s:
                heard_s = now_s
            turned_s = now_s
            if now_s - heard_s > limit_s:
                return self._death(f"compute was silent for {limit_s:g} s")
            if message is None:
                continue
            if isinstance(message, Fault) and message.is_fatal:
                if message.is_invalid_input:
                    raise Invalid(message.message)
                return self._death(message.message, has_words=False)
            self._note(message)
            self._tell(self, message)

    def _note(self, message: ToControl) -> None:
        match message:
            case Ready():
                self.ready = message
            case JobStarted(job_id=job_id):
                self._started.add(job_id)
            case JobLost(job_id=job_id):
                self._forget(job_id)
            case JobFinished(observation=observation):
                self._forget(observation.job.id)

    def _forget(self, job_id: str) -> None:
        self._given.discard(job_id)
        self._started.discard(job_id)

    def _death(self, how: str, *, has_words: bool = True) -> Death:
        now, before = n_killed_for_memory(), self._n_killed_before
        return Death(
            how=how,
            words=tuple(self._link.last_words()) if has_words else (),
            jobs=self.under_way,
            n_killed_for_memory=max(0, now - before) if now and before is not None else 0,
            was_ready=self.ready is not None,
        )
