"""Compute processes under watch: silent or dead, one is replaced; old or large, too."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from agents.messages import Configure, Fault, JobFinished, JobLost, Ready, ToControl
from controller.compute import GivenBack, Happening, Hopeless, Lost, TakenOver
from controller.compute_life import ComputeLife
from controller.compute_link import ComputeLink, Link, compute_command
from controller.memory import limit_bytes
from controller.post_mortem import Death, diagnosis, suspects
from controller.recycle_policy import CHECK_S, RecyclePolicy
from controller.restart_policy import RestartPolicy
from experiments.errors import InternalError, Invalid, Transient
from experiments.frozen import Frozen

START_LIMIT_S: Final = 120.0
"""Silence before compute is ready: starting or joining a cluster takes its time."""
SILENCE_LIMIT_S: Final = 15.0
"""Silence afterwards; a heartbeat is due every 5 s."""
_TURN_S: Final = 0.5
_END_PATIENCE_S: Final = 5.0


class SupervisedCompute:
    """One life of compute after the other, of which two may overlap."""

    def __init__(
        self,
        working_folder: Path,
        log: Path,
        environment: Mapping[str, str],
        *,
        command: Callable[[int, int], list[str]] = compute_command,
        start_limit_s: float = START_LIMIT_S,
        silence_limit_s: float = SILENCE_LIMIT_S,
        turn_s: float = _TURN_S,
        open_link: Callable[[], Awaitable[Link]] | None = None,
        recycling: RecyclePolicy | None = None,
        check_s: float = CHECK_S,
    ) -> None:
        """Prepare; ``open_link`` takes the place of a process in a rehearsal."""
        self._command = command
        self._open_link = open_link or self._start_process
        self._turn_s = turn_s
        self._start_limit_s = start_limit_s
        self._silence_limit_s = silence_limit_s
        self._recycling = recycling or RecyclePolicy()
        self._check_s = check_s
        self._working_folder = working_folder
        self._log = log
        self._environment = dict(environment)
        self._happenings: asyncio.Queue[Happening] = asyncio.Queue()
        self._policy = RestartPolicy()
        self._deaths: list[Death] = []
        self._wanted: str | None = None
        self._rest_until_s = 0.0
        self._was_ready = False
        self._life: ComputeLife | None = None
        self._lives: set[ComputeLife] = set()
        self._task: asyncio.Task[None] | None = None
        self._retirements: set[asyncio.Task[None]] = set()

    def start(self, configure: Configure) -> None:
        """Begin the first life."""
        self._task = asyncio.get_running_loop().create_task(self._watch(configure))

    def send(self, message: Frozen) -> None:
        """Hand a message to the present life."""
        if self._life is not None:
            self._life.send(message)

    def recycle(self, reason: str) -> None:
        """Have a fresh life take over as soon as it is ready."""
        self._wanted = self._wanted or reason

    async def next(self, timeout_s: float) -> list[Happening]:
        """Return everything that happened, waiting at most so long for the first."""
        found: list[Happening] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                found.append(await self._happenings.get())
        while not self._happenings.empty():
            found.append(self._happenings.get_nowait())
        return found

    async def stop(self) -> None:
        """End every life and start no other."""
        tasks = [task for task in (self._task, *self._retirements) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(life.end(_END_PATIENCE_S) for life in self._lives))
        self._lives.clear()
        self._life = None

    def kill(self) -> None:
        """Kill every life at once."""
        for life in self._lives:
            life.kill()

    async def _watch(self, configure: Configure) -> None:
        """Run life after life, until that is hopeless."""
        while True:
            await asyncio.sleep(self._policy.pause_s)
            try:
                death = await self._reign(configure)
            except Invalid as error:
                if not self._was_ready:
                    self._happenings.put_nowait(Hopeless(error))
                    return
                death = Death(how=error.message)
            except OSError as error:
                death = Death(how=f"compute could not be started: {error}")
            except Exception as error:  # noqa: BLE001 - unseen, control would wait for ever
                message = f"the watch over compute failed: {type(error).__name__}: {error}"
                self._happenings.put_nowait(Hopeless(InternalError(message)))
                return
            self._lose(death)
            if self._policy.is_hopeless:
                log = str(self._log)
                told = Transient(diagnosis(self._deaths, log), log=log)
                self._happenings.put_nowait(Hopeless(told))
                return

    def _lose(self, death: Death) -> None:
        """Count a death, and hold a job responsible that is behind too many."""
        self._policy = self._policy.after_loss()
        self._deaths.append(death)
        for job_id in sorted(suspects(self._deaths)):
            self._happenings.put_nowait(JobLost(job_id=job_id, reason=death.reason))
        self._happenings.put_nowait(Lost(death.reason))

    async def _reign(self, configure: Configure) -> Death:
        """Run a life, and those that take over from it; return how the last of them ended.

        Raises ``Invalid`` for what the user must mend.
        """
        life = self._life = await self._begin(configure)
        try:
            while (reason := await self._reason_to_recycle(life)) is not None:
                life = await self._replace(life, configure, reason)
            return life.ended.result()
        finally:
            if not self._is_cancelled():
                self._life = None
                await self._finish(life)

    async def _begin(self, configure: Configure) -> ComputeLife:
        life = ComputeLife(
            await self._open_link(),
            self._hear,
            start_limit_s=self._start_limit_s,
            silence_limit_s=self._silence_limit_s,
            turn_s=self._turn_s,
        )
        self._lives.add(life)
        life.send(configure)
        return life

    async def _start_process(self) -> Link:
        return await ComputeLink.open(
            working_folder=self._working_folder,
            log=self._log,
            environment=self._environment,
            command=self._command,
        )

    async def _finish(self, life: ComputeLife, patience_s: float = 0.0) -> None:
        if not patience_s:
            life.kill()
        await life.end(patience_s)
        self._lives.discard(life)

    async def _reason_to_recycle(self, life: ComputeLife) -> str | None:
        """Wait until there is one, or until the life has ended without."""
        loop = asyncio.get_running_loop()
        checked_s = loop.time()
        while not life.ended.done():
            await asyncio.wait({life.ended}, timeout=self._turn_s)
            if self._wanted and life.ready:
                return self._wanted
            if loop.time() >= max(checked_s + self._check_s, self._rest_until_s) and life.ready:
                checked_s = loop.time()
                age_s = checked_s - life.began_s
                reason = self._recycling.reason(age_s, life.held_bytes(), limit_bytes())
                if reason is not None:
                    return reason
        return None

    async def _replace(self, life: ComputeLife, configure: Configure, reason: str) -> ComputeLife:
        """Have a fresh life take over; where it does not get ready, the present one stays."""
        heir = await self._begin(configure)
        while heir.ready is None and not heir.ended.done():
            await asyncio.wait({heir.ended}, timeout=self._turn_s)
        self._wanted = None
        if heir.ready is None:
            failed = (await _death(heir)).reason
            await self._finish(heir)
            self._rest_until_s = asyncio.get_running_loop().time() + self._recycling.least_age_s
            text = f"compute goes on, because the fresh one did not get ready: {failed}"
            self._happenings.put_nowait(Fault(message=text, is_fatal=False))
            return life
        self._life = heir
        if life.ended.done():
            self._lose(await _death(life))
            await self._finish(life)
            self._happenings.put_nowait(heir.ready)
            return heir
        life.take_back()
        self._happenings.put_nowait(TakenOver(heir.ready, life.under_way, reason))
        task = asyncio.create_task(self._retire(life))
        self._retirements.add(task)
        task.add_done_callback(self._retirements.discard)
        return heir

    async def _retire(self, life: ComputeLife) -> None:
        """Let a life finish what it works on, each job within its deadline, and then end."""
        while life.under_way and not life.ended.done():
            await asyncio.wait({life.ended}, timeout=self._turn_s)
        if life.under_way:
            self._happenings.put_nowait(GivenBack(life.under_way, (await _death(life)).reason))
        await self._finish(life, _END_PATIENCE_S)

    def _hear(self, life: ComputeLife, message: ToControl) -> None:
        """Pass on what the present life says, and what a retired one has finished."""
        if isinstance(message, JobFinished):
            self._policy = self._policy.after_result()
            self._deaths.clear()
        if life is self._life:
            if isinstance(message, Ready):
                self._policy = self._policy.after_ready()
                self._was_ready = True
            self._happenings.put_nowait(message)
        elif isinstance(message, JobFinished | JobLost):
            self._happenings.put_nowait(message)

    def _is_cancelled(self) -> bool:
        return self._task is not None and self._task.cancelling() > 0


async def _death(life: ComputeLife) -> Death:
    """Return how a life ended, whatever its reason."""
    try:
        return await life.ended
    except Invalid as error:
        return Death(how=error.message)
