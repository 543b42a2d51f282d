"""An executor without processes: every call runs when it is waited for."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from typing import Any

from agents.executor import (
    Cancelled,
    Executor,
    Finished,
    Handle,
    Raised,
    Reference,
    Returned,
)
from agents.worker_call import call


class InProcessExecutor(Executor):
    """Run the oldest submitted call inside ``wait``; for one evaluation, tests and debugging.

    Nothing can interrupt a running call, so a deadline passes unnoticed until it ends.
    """

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._waiting: deque[tuple[Handle, Callable[..., Any], tuple[Any, ...]]] = deque()
        self._cancelled: list[Finished] = []

    @property
    def slots(self) -> int:
        """Return 1: calls run one after another."""
        return 1

    @property
    def nodes(self) -> tuple[str, ...]:
        """Return no name: this process is the only machine."""
        return ()

    @property
    def dashboard(self) -> str | None:
        """Return None: there is no page."""
        return None

    def submit(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        lane: str | None = None,
    ) -> Handle:
        """Queue a call behind all others."""
        handle = Handle(next(self._numbers), function.__name__)
        self._waiting.append((handle, function, arguments))
        return handle

    def pulse(self) -> Handle:
        """Queue a call that does nothing."""
        return self.submit(_do_nothing)

    def wait(self, timeout_s: float) -> list[Finished]:
        """Run the oldest call and return it, with what was cancelled since."""
        finished, self._cancelled = self._cancelled, []
        if not finished and self._waiting:
            finished.append(self._run(*self._waiting.popleft()))
        return finished

    def _run(
        self, handle: Handle, function: Callable[..., Any], arguments: tuple[Any, ...]
    ) -> Finished:
        report, large = call(
            function, tuple(a.token if isinstance(a, Reference) else a for a in arguments)
        )
        if report.error is not None:
            return Raised(handle, report.error, report.elapsed_s, report.worker)
        kept = Reference(large) if report.has_large else None
        return Returned(handle, report.value, kept, report.elapsed_s, report.worker)

    def cancel(self, handle: Handle) -> None:
        """Take a call out of the queue."""
        before = len(self._waiting)
        self._waiting = deque(entry for entry in self._waiting if entry[0] != handle)
        if len(self._waiting) < before:
            self._cancelled.append(Cancelled(handle))

    def put(self, value: Any) -> Reference:
        """Wrap the value."""
        return Reference(value)

    def get(self, reference: Reference) -> Any:
        """Return the value."""
        return reference.token

    def close(self) -> None:
        """Forget what was not run."""
        self._waiting.clear()


def _do_nothing() -> None:
    return None
