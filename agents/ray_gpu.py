"""Calls on a part of a GPU: those that are ready together go to one worker, as one task."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import ray

from agents.executor import Handle
from agents.placement import AT_ONCE, GPU_SHARE, ON_GPU
from agents.worker_lane import together


@dataclass(frozen=True)
class Wanted:
    """A call that was submitted."""

    handle: Handle
    function: Callable[..., Any]
    tokens: list[Any]


class GpuCalls:
    """Gathers calls until they are sent off."""

    def __init__(self) -> None:
        self._waiting: list[list[Wanted]] = []
        self._task = ray.remote(together)

    def takes(self, function: Callable[..., Any]) -> bool:
        """Say whether a function's calls belong on a GPU."""
        return getattr(function, "__name__", "") in ON_GPU

    def add(self, wanted: Wanted) -> None:
        """Let a call wait for others, at most until the next ``send``."""
        if not self._waiting or len(self._waiting[-1]) == AT_ONCE:
            self._waiting.append([])
        self._waiting[-1].append(wanted)

    def drop(self, handle: Handle) -> bool:
        """Forget a call that waits; return whether it did."""
        for batch in self._waiting:
            for wanted in batch:
                if wanted.handle == handle:
                    batch.remove(wanted)
                    return True
        return False

    def send(self) -> Iterator[tuple[Wanted, Any, Any, bool]]:
        """Start what waits; for each call, where its report and its large part will be.

        The last says whether it shares its worker with others.
        """
        batches, self._waiting = self._waiting, []
        for batch in batches:
            if batch:
                yield from self._start(batch)

    def send_alone(self, wanted: Wanted) -> tuple[Any, Any]:
        """Start one call by itself."""
        ((_, report, large, _),) = self._start([wanted])
        return report, large

    def _start(self, batch: list[Wanted]) -> Iterator[tuple[Wanted, Any, Any, bool]]:
        task = self._task.options(
            num_cpus=1, num_gpus=GPU_SHARE, max_retries=0, num_returns=2 * len(batch)
        )
        calls = [(wanted.function, len(wanted.tokens)) for wanted in batch]
        found = task.remote(
            calls, GPU_SHARE, *(token for wanted in batch for token in wanted.tokens)
        )
        for i, wanted in enumerate(batch):
            yield wanted, found[2 * i], found[2 * i + 1], len(batch) > 1
