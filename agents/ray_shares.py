"""A campaign's share of a cluster, asked for again every second from an actor that all share.

The actor outlives whoever made it, holds nothing that matters, and starts again where its node was
lost: whoever asks is known again.
"""

from __future__ import annotations

import contextlib
import time
from typing import Any, Final

import ray
from ray.exceptions import RayError

from agents.fair_shares import Ledger

_NAME: Final = "cellwright-shares-1"
"""Ends in the version of what is said to it."""
_NAMESPACE: Final = "cellwright"
_EVERY_S: Final = 1.0


class _Shares:
    """The ledger, in a process of its own."""

    def __init__(self) -> None:
        self._ledger = Ledger(time.monotonic)

    def ask(self, name: str, wanted: int) -> tuple[int, int]:
        """Return the campaign's share and all there is to share: the cluster's CPUs now."""
        total = int(ray.cluster_resources().get("CPU", 0))
        return self._ledger.ask(name, wanted, total), total

    def leave(self, name: str) -> None:
        """Give the share back."""
        self._ledger.leave(name)


class Share:
    """What one driver may use; never waits for an answer, goes on with the last one."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._asked: Any = None
        self._next_s = 0.0
        self.granted = 1
        """Slots to be used now."""
        self.total = most
        self._actor = self._reach()

    def look(self, n_used: int) -> None:
        """Take in an answer that has come, and ask again when it is time.

        Who uses all it may use could use more; who does not, could use one more at most.
        """
        if self._asked is not None:
            ready, _ = ray.wait([self._asked], timeout=0)
            if not ready:
                return
            self._take_in(self._asked)
            self._asked = None
        if time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + _EVERY_S
            wanted = self._most if n_used >= self.granted else n_used + 1
            with contextlib.suppress(RayError):
                self._asked = self._actor.ask.remote(self._name, min(self._most, wanted))

    def leave(self) -> None:
        """Give everything back at once, instead of by falling silent."""
        with contextlib.suppress(RayError):
            ray.get(self._actor.leave.remote(self._name), timeout=5.0)

    def _take_in(self, answer: Any) -> None:
        try:
            self.granted, self.total = ray.get(answer)
        except RayError:
            with contextlib.suppress(RayError, ValueError):
                self._actor = self._reach()

    def _reach(self) -> Any:
        return (
            ray.remote(_Shares)
            .options(
                name=_NAME,
                namespace=_NAMESPACE,
                get_if_exists=True,
                lifetime="detached",
                num_cpus=0,
                max_restarts=-1,
                max_task_retries=0,
            )
            .remote()
        )
