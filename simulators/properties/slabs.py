"""Run a compiled kernel over ranges of planes on a fixed number of threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any


def run_slabs(
    kernel: Callable[..., Any], n_planes: int, n_threads: int, *arguments: Any
) -> list[Any]:
    """Call ``kernel(*arguments, first, last)`` on contiguous slabs that cover ``range(n_planes)``.

    The kernel must release the interpreter lock and write only to its own planes. One thread means
    a plain call, so that a worker that was given one core uses one core.
    """
    n_slabs = max(1, min(n_threads, n_planes))
    if n_slabs == 1:
        return [kernel(*arguments, 0, n_planes)]
    bounds = [n_planes * slab // n_slabs for slab in range(n_slabs + 1)]
    pool = _pool(os.getpid(), n_slabs)
    waiting = [
        pool.submit(kernel, *arguments, bounds[slab], bounds[slab + 1])
        for slab in range(1, n_slabs)
    ]
    first = kernel(*arguments, 0, bounds[1])
    return [first, *(future.result() for future in waiting)]


def available_cores() -> int:
    """Return the cores this process may use: ``NUMBA_NUM_THREADS`` or ``OMP_NUM_THREADS`` if set.

    Ray sets ``OMP_NUM_THREADS`` to the CPUs of the task, which is what a worker may take.
    """
    for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS"):
        value = os.environ.get(name, "")
        if value.isdigit() and int(value) > 0:
            return int(value)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=8)
def _pool(process: int, n_threads: int) -> ThreadPoolExecutor:
    del process  # part of the key: a forked child must not inherit the parent's threads
    return ThreadPoolExecutor(max_workers=n_threads - 1, thread_name_prefix="voxel-slab")
