"""An event loop whose time jumps to whatever comes next, so that a month of waiting takes none."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from experiments.errors import InternalError

Value = TypeVar("Value")
BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""The date at which every rehearsal begins, so that equal seeds write equal journals."""
_RESOLUTION_S: Final = 1e-6
"""Moments so close are one; asyncio's nanosecond is lost in the rounding of a year's seconds."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Never waits: where an ordinary loop would sleep, its clock is moved on.

    Raises ``InternalError`` where everything waits for everything else.
    """

    def __init__(self) -> None:
        self.now_s = 0.0
        super().__init__(_Jump(self))
        self._clock_resolution = _RESOLUTION_S

    def time(self) -> float:
        """Return the seconds that have passed in this loop."""
        return self.now_s


class _Jump(selectors.DefaultSelector):
    """Answers at once, having moved the loop's clock by the time it was allowed to wait."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise InternalError("the rehearsal stands still: nothing is left that could happen")
        self._loop.now_s += max(0.0, timeout)
        return []


class VirtualClock:
    """Control's clock within such a loop; its calendar may jump, its seconds never do."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        self._loop = loop
        self._began_s = loop.time()
        self.offset_s = 0.0
        """How far the machine's calendar is wrong."""

    def now(self) -> datetime:
        """Return the date and time in UTC, wrong by the offset."""
        return BEGINNING + timedelta(seconds=self._loop.time() + self.offset_s)

    def elapsed_s(self) -> float:
        """Return the loop's seconds since this clock was made."""
        return self._loop.time() - self._began_s


def run_in_virtual_time(main: Coroutine[Any, Any, Value]) -> Value:
    """Run a coroutine to its end in a loop of its own, and what it left behind to its end too."""
    loop = VirtualTimeLoop()
    try:
        return loop.run_until_complete(main)
    finally:
        loop.run_until_complete(_end_the_rest())
        loop.close()


async def _end_the_rest() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def virtual_loop() -> VirtualTimeLoop:
    """Return the loop that is running. Raises ``InternalError`` where it is an ordinary one."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualTimeLoop):
        raise InternalError("a rehearsal was started in an ordinary event loop")
    return loop
