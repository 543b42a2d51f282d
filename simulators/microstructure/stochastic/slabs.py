"""Share voxel work among threads: slabs along z, each written by one thread only.

The kernels release the interpreter lock and no slab reads what another writes, so the result does
not depend on the number of threads or on their timing.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")

_SLAB_LAYERS = 16


def over_slabs(n_layers: int, n_threads: int, work: Callable[[int, int], Result]) -> list[Result]:
    """Return ``work(first, end)`` for consecutive slabs of layers, in order."""
    bounds = [
        (first, min(first + _SLAB_LAYERS, n_layers)) for first in range(0, n_layers, _SLAB_LAYERS)
    ]
    if n_threads <= 1 or len(bounds) == 1:
        return [work(first, end) for first, end in bounds]
    with ThreadPoolExecutor(max_workers=n_threads) as pool:
        return list(pool.map(lambda bound: work(*bound), bounds))
