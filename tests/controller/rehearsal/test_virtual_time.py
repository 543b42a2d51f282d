from __future__ import annotations

import asyncio
import time

import pytest

from controller.rehearsal.virtual_time import VirtualClock, run_in_virtual_time, virtual_loop
from experiments.errors import InternalError


def test_a_year_passes_at_once_and_in_order() -> None:
    async def year() -> list[tuple[str, float]]:
        loop, seen = asyncio.get_running_loop(), []

        async def note(name: str, after_s: float) -> None:
            await asyncio.sleep(after_s)
            seen.append((name, loop.time()))

        await asyncio.gather(note("year", 3.15e7), note("hour", 3600.0), note("second", 1.0))
        return seen

    began_s = time.monotonic()
    assert run_in_virtual_time(year()) == [
        ("second", pytest.approx(1.0)),
        ("hour", pytest.approx(3600.0)),
        ("year", pytest.approx(3.15e7)),
    ]
    assert time.monotonic() - began_s < 5


def test_a_time_limit_is_reached_without_waiting() -> None:
    async def wait() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(900.0):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert run_in_virtual_time(wait()) == pytest.approx(900.0)


def test_where_everything_waits_for_everything_it_is_said() -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    with pytest.raises(InternalError, match="stands still"):
        run_in_virtual_time(wait())


def test_a_jump_of_the_calendar_moves_no_duration() -> None:
    async def jump() -> tuple[float, float]:
        clock = VirtualClock(virtual_loop())
        before = clock.now()
        await asyncio.sleep(60.0)
        clock.offset_s = -86400.0
        return clock.elapsed_s(), (clock.now() - before).total_seconds()

    assert run_in_virtual_time(jump()) == (pytest.approx(60.0), pytest.approx(60.0 - 86400.0))
