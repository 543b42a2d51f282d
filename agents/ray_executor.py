"""The executor on Ray; how a Ray is started or joined is told in ray_local.py and ray_join.py."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ray
from ray.exceptions import (
    GetTimeoutError,
    RayError,
    RayTaskError,
    TaskCancelledError,
)

from agents.executor import (
    Cancelled,
    Died,
    Executor,
    Finished,
    Handle,
    Raised,
    Reference,
    Returned,
)
from agents.ray_gpu import GpuCalls, Wanted
from agents.ray_shares import Share
from agents.worker_call import Report
from agents.worker_lane import LANE_NICENESS, Lane, task
from experiments.errors import InternalError, Unreachable

FETCH_S: Final = 60.0
PULSE_LANE: Final = "pulse"


@dataclass(frozen=True)
class _UnderWay:
    """A call that Ray has."""

    handle: Handle
    large: Any
    lane: str | None
    again: Wanted | None = None
    """Set while it shares its worker."""


class RayExecutor(Executor):
    """Every call is a Ray task of one CPU, every lane an actor of none; Ray retries nothing.

    With GPUs, calls of some stages go to a part of one (placement.py).
    """

    def __init__(
        self,
        slots: int,
        dashboard: str | None = None,
        folder: Path | None = None,
        share: Share | None = None,
        *,
        has_gpus: bool = False,
    ) -> None:
        self._slots = slots
        self._share = share
        self._dashboard = dashboard
        self._folder = folder
        self._numbers = itertools.count()
        self._gpu = GpuCalls() if has_gpus else None
        self._under_way: dict[Any, _UnderWay] = {}
        self._cancelled: set[Handle] = set()
        self._dropped: list[Finished] = []
        self._lanes: dict[str, Any] = {}
        self._task = ray.remote(task).options(num_cpus=1, max_retries=0, num_returns=2)

    @property
    def slots(self) -> int:
        """Return how many calls may run at once: all there are, or a share of a cluster."""
        return self._slots if self._share is None else min(self._slots, self._share.granted)

    @property
    def capacity(self) -> int:
        """Return how many calls would run at once if nobody else used the cluster."""
        return self._slots

    @property
    def nodes(self) -> tuple[str, ...]:
        """Return the addresses of the living nodes."""
        return tuple(sorted(node["NodeManagerAddress"] for node in living_nodes()))

    @property
    def dashboard(self) -> str | None:
        """Return the address of Ray's dashboard, where one runs."""
        return self._dashboard

    def submit(
        self, function: Callable[..., Any], *arguments: Any, lane: str | None = None
    ) -> Handle:
        """Start a task, or a call of the lane's actor."""
        tokens = [a.token if isinstance(a, Reference) else a for a in arguments]
        handle = Handle(next(self._numbers), getattr(function, "__name__", "call"))
        if lane is None and self._gpu is not None and self._gpu.takes(function):
            self._gpu.add(Wanted(handle, function, tokens))
            return handle
        target = self._task if lane is None else self._lane(lane).call.options(num_returns=2)
        report, large = target.remote(function, *tokens)
        self._under_way[report] = _UnderWay(handle, large, lane)
        return handle

    def _lane(self, name: str) -> Any:
        if name not in self._lanes:
            actor = ray.remote(Lane).options(num_cpus=0, max_restarts=0, max_task_retries=0)
            self._lanes[name] = actor.remote(0 if name == PULSE_LANE else LANE_NICENESS)
        return self._lanes[name]

    def pulse(self) -> Handle:
        """Have an actor of its own ask the head node a question."""
        return self.submit(_ask_head, lane=PULSE_LANE)

    def wait(self, timeout_s: float) -> list[Finished]:
        """Return what has finished since the last call."""
        if self._share is not None:
            self._share.look(sum(call.lane is None for call in self._under_way.values()))
        if self._gpu is not None:
            for wanted, report, large, is_shared in self._gpu.send():
                again = wanted if is_shared else None
                self._under_way[report] = _UnderWay(wanted.handle, large, None, again)
        if not self._under_way or self._dropped:
            return self._take_dropped()
        reports = list(self._under_way)
        ready, _ = ray.wait(reports, num_returns=1, timeout=timeout_s)
        if ready:
            ready, _ = ray.wait(reports, num_returns=len(reports), timeout=0)
        found = [self._finished(report) for report in ready]
        return [*self._take_dropped(), *(finished for finished in found if finished is not None)]

    def _take_dropped(self) -> list[Finished]:
        dropped, self._dropped = self._dropped, []
        return dropped

    def _finished(self, token: Any) -> Finished | None:
        """Return what a call came to; None where it goes on by itself.

        Calls that shared a worker which ended are made again alone: only one of them, or none, is
        to blame.
        """
        call = self._under_way.pop(token)
        handle, large, lane = call.handle, call.large, call.lane
        is_cancelled = handle in self._cancelled
        self._cancelled.discard(handle)
        try:
            report: Report = ray.get(token, timeout=FETCH_S)
        except RayTaskError as error:
            if is_cancelled:
                return Cancelled(handle)
            return Raised(handle, InternalError(f"{handle.label}: {error}"[-8000:]), 0.0, "")
        except (RayError, TaskCancelledError, GetTimeoutError) as error:
            if lane is not None:
                self._drop_lane(lane)
            if is_cancelled:
                return Cancelled(handle)
            if call.again is not None and self._gpu is not None:
                report, large = self._gpu.send_alone(call.again)
                self._under_way[report] = _UnderWay(handle, large, None)
                return None
            return Died(handle, f"{type(error).__name__}: {first_line(error)}")
        if report.error is not None:
            return Raised(handle, report.error, report.elapsed_s, report.worker, report.held)
        kept = Reference(large) if report.has_large else None
        return Returned(handle, report.value, kept, report.elapsed_s, report.worker, report.held)

    def cancel(self, handle: Handle) -> None:
        """Kill the call's worker process, or take the call out of Ray's queue."""
        if self._gpu is not None and self._gpu.drop(handle):
            self._dropped.append(Cancelled(handle))
            return
        for report, call in self._under_way.items():
            if call.handle == handle:
                self._cancelled.add(handle)
                if call.lane is None:
                    ray.cancel(report, force=True, recursive=False)
                else:
                    self._drop_lane(call.lane)
                return

    def _drop_lane(self, name: str) -> None:
        actor = self._lanes.pop(name, None)
        if actor is not None:
            ray.kill(actor)

    def put(self, value: Any) -> Reference:
        """Put a value into the object store."""
        return Reference(ray.put(value))

    def get(self, reference: Reference) -> Any:
        """Fetch a value from the object store."""
        try:
            return ray.get(reference.token, timeout=FETCH_S)
        except (RayError, GetTimeoutError) as error:
            raise Unreachable(f"a stored value is lost: {first_line(error)}") from error

    def close(self) -> None:
        """Leave the cluster; a local Ray ends with all its processes and its folder."""
        if self._share is not None:
            self._share.leave()
        self._under_way.clear()
        self._lanes.clear()
        ray.shutdown()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def living_nodes() -> list[dict[str, Any]]:
    """Return what the head says of every node that is alive."""
    return [node for node in ray.nodes() if node["Alive"]]


def _ask_head() -> int:
    return len(living_nodes())


def first_line(error: BaseException) -> str:
    """Return the first line of an error that says something."""
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
