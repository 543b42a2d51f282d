"""Compute as control sees it: messages in and out, and a new process whenever one is lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from agents.messages import Configure, Fault, JobFinished, Ready, ToControl
from controller.compute_link import ComputeLink, Link, compute_command
from controller.restart_policy import RestartPolicy
from experiments.errors import CellwrightError, InternalError, Invalid, Transient
from experiments.frozen import Frozen

START_LIMIT_S: Final = 120.0
"""Silence before compute is ready: starting or joining a cluster takes its time."""
SILENCE_LIMIT_S: Final = 15.0
"""Silence afterwards; a heartbeat is due every 5 s."""
_TURN_S: Final = 0.5
_STALLED_TURNS: Final = 10
"""If control itself did not run for so many turns, silence proves nothing."""
_END_PATIENCE_S: Final = 5.0


@dataclass(frozen=True)
class Lost:
    """A life of compute is over; another one starts on its own."""

    reason: str


@dataclass(frozen=True)
class Hopeless:
    """Compute will not be started again."""

    error: CellwrightError


Happening = ToControl | Lost | Hopeless


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

    async def stop(self) -> None:
        """End it in good order."""
        ...

    def kill(self) -> None:
        """End it at once."""
        ...


class SupervisedCompute:
    """A compute process under watch: silent or dead, it is replaced."""

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
    ) -> None:
        """Prepare; ``open_link`` takes the place of a process in a rehearsal."""
        self._command = command
        self._open_link = open_link or self._start_process
        self._turn_s = turn_s
        self._start_limit_s = start_limit_s
        self._silence_limit_s = silence_limit_s
        self._working_folder = working_folder
        self._log = log
        self._environment = dict(environment)
        self._happenings: asyncio.Queue[Happening] = asyncio.Queue()
        self._link: Link | None = None
        self._policy = RestartPolicy()
        self._was_ready = False
        self._task: asyncio.Task[None] | None = None

    def start(self, configure: Configure) -> None:
        """Begin the first life."""
        self._task = asyncio.get_running_loop().create_task(self._watch(configure))

    def send(self, message: Frozen) -> None:
        """Hand a message to the present life."""
        if self._link is not None:
            self._link.send(message)

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
        """End the present life and start no other."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._link is not None:
            await self._link.end(_END_PATIENCE_S)
            self._link = None

    def kill(self) -> None:
        """Kill the present life at once."""
        if self._link is not None:
            self._link.kill()

    async def _watch(self, configure: Configure) -> None:
        """Run life after life, until that is hopeless."""
        while True:
            await asyncio.sleep(self._policy.pause_s)
            try:
                reason = await self._live(configure)
            except Invalid as error:
                self._happenings.put_nowait(Hopeless(error))
                return
            except OSError as error:
                reason = f"compute could not be started: {error}"
            except Exception as error:  # noqa: BLE001 - unseen, control would wait for ever
                message = f"the watch over compute failed: {type(error).__name__}: {error}"
                self._happenings.put_nowait(Hopeless(InternalError(message)))
                return
            self._policy = self._policy.after_loss()
            self._happenings.put_nowait(Lost(reason))
            if self._policy.is_hopeless:
                self._happenings.put_nowait(Hopeless(self._diagnosis(reason)))
                return

    async def _live(self, configure: Configure) -> str:
        """Run one life and return why it ended. Raises ``Invalid`` for what the user must mend."""
        link = await self._open_link()
        self._link = link
        try:
            link.send(configure)
            return await self._listen(link)
        finally:
            if not self._is_cancelled():
                self._link = None
                link.kill()
                await link.end(0)

    async def _start_process(self) -> Link:
        return await ComputeLink.open(
            working_folder=self._working_folder,
            log=self._log,
            environment=self._environment,
            command=self._command,
        )

    async def _listen(self, link: Link) -> str:
        loop = asyncio.get_running_loop()
        heard_s = turned_s = loop.time()
        limit_s = self._start_limit_s
        while True:
            message: ToControl | None = None
            try:
                async with asyncio.timeout(self._turn_s):
                    message = await link.receive()
            except TimeoutError:
                pass
            except CellwrightError as error:
                return _with_last_words(error.message, link)
            now_s = loop.time()
            if message is not None or now_s - turned_s > _STALLED_TURNS * self._turn_s:
                heard_s = now_s
            turned_s = now_s
            if now_s - heard_s > limit_s:
                return _with_last_words(f"compute was silent for {limit_s:g} s", link)
            if message is None:
                continue
            if isinstance(message, Fault) and message.is_fatal:
                if message.is_invalid_input and not self._was_ready:
                    raise Invalid(message.message)
                return message.message
            if isinstance(message, Ready):
                limit_s = self._silence_limit_s
                self._was_ready = True
                self._policy = self._policy.after_ready()
            elif isinstance(message, JobFinished):
                self._policy = self._policy.after_result()
            self._happenings.put_nowait(message)

    def _is_cancelled(self) -> bool:
        return self._task is not None and self._task.cancelling() > 0

    def _diagnosis(self, reason: str) -> CellwrightError:
        return Transient(
            f"compute was lost {self._policy.n_without_result} times without a result; last: "
            f"{reason}; the rest is in {self._log}; everything is saved",
            log=str(self._log),
        )


def _with_last_words(reason: str, link: Link) -> str:
    words = link.last_words(n_lines=2)
    return f"{reason} ({' | '.join(words)})" if words else reason
