"""Solve many conduction problems at once: every member stops when its own interval is narrow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import numpy as np

from experiments.errors import Invalid, Transient
from simulators.properties.conduction import Conductivity, Device
from simulators.properties.slabs import available_cores
from simulators.properties.transport import Conduction, Sides, solve_conduction

LARGE: Final = 160**3
"""Voxels from which a member has all threads to itself: that costs less memory than two at once."""

AT_ONCE: Final = 8
"""Members that a device is given together, until its memory says otherwise (assumed)."""


def solve_batch(
    members: Sequence[Conductivity],
    *,
    axis: int = 0,
    voxel_size_m: float | tuple[float, float, float] = 1.0,
    sides: Sides = "no_flux",
    tolerance: float = 1e-3,
    n_threads: int | None = None,
    device: Device = "cpu",
    progress: Callable[[int], None] | None = None,
) -> list[Conduction]:
    """Return what ``solve_conduction`` gives for every member, in their order.

    Small members run side by side, one thread each; one that is done makes way for the next, so the
    slowest holds nobody up. Another device is given ``AT_ONCE`` members together; where its memory
    is too small, half as many, and the members' ``remark`` says so; a single member that does not
    fit goes to the CPU. Members need not be of one size. ``progress`` is called with the number of
    members that are done. Raises ``Invalid`` with the place of the member that is wrong.
    """
    threads = n_threads or available_cores()
    done: list[Conduction | None] = [None] * len(members)

    def solve(place: int, own_threads: int, falls_back: bool = True) -> None:
        try:
            done[place] = solve_conduction(
                members[place],
                axis=axis,
                voxel_size_m=voxel_size_m,
                sides=sides,
                tolerance=tolerance,
                n_threads=own_threads,
                device=device,
                falls_back=falls_back,
            )
        except Invalid as error:
            raise Invalid(f"member {place}: {error.message}", **error.evidence) from error
        if progress:
            progress(sum(result is not None for result in done))

    if device != "cpu":
        remark = _share_device(lambda place, falls_back: solve(place, 1, falls_back), len(members))
        found = [result for result in done if result is not None]
        return [replace(one, remark=one.remark or remark) for one in found]
    small = [n for n, member in enumerate(members) if _size(member) < LARGE]
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="batch-member") as pool:
        for future in [pool.submit(solve, place, 1) for place in small]:
            future.result()
    for place in sorted(set(range(len(members))) - set(small)):
        solve(place, threads)
    return [result for result in done if result is not None]


def _share_device(solve: Callable[[int, bool], None], n_members: int) -> str:
    """Solve groups of members side by side, half as many where memory is short; say so."""
    waiting = list(range(n_members))
    at_once, remark = AT_ONCE, ""
    while waiting:
        group = waiting[:at_once]
        is_alone = len(group) == 1
        with ThreadPoolExecutor(len(group), thread_name_prefix="batch-member") as pool:
            futures = {place: pool.submit(solve, place, is_alone) for place in group}
        left = []
        for place, future in futures.items():
            try:
                future.result()
            except Transient:
                left.append(place)
        waiting = left + waiting[at_once:]
        if left:
            at_once = max(1, len(group) // 2)
            remark = f"the device ran out of memory, so {at_once} members at once were solved"
    return remark


def _size(member: Conductivity) -> int:
    values = member[0] if isinstance(member, tuple) else member
    return int(np.size(values))
