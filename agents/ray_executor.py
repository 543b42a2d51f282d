"""The executor on Ray: a local one that lives and dies with this process, or a shared cluster."""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import ray
from ray._private import ray_constants
from ray.exceptions import (
    GetTimeoutError,
    RayError,
    RayTaskError,
    TaskCancelledError,
)
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from agents.cluster_address import refuse_unanswered
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
from agents.session_folder import session_folder
from agents.worker_call import Report
from agents.worker_environment import (
    CODE_FOLDER,
    PACKAGES,
    import_path_variable,
    thread_variables,
    version_differences,
    versions,
)
from agents.worker_lane import LANE_NICENESS, Lane, task
from experiments.errors import InternalError, Invalid, Unreachable

OBJECT_STORE_BYTES: Final = 256 * 1024**2
"""Room for the volumes under way; each is far below 10 MB and freed when its job ends."""
PROBE_S: Final = 90.0
FETCH_S: Final = 60.0
PULSE_LANE: Final = "pulse"


class RayExecutor(Executor):
    """Every call is a Ray task of one CPU, every lane an actor of none; Ray retries nothing."""

    def __init__(
        self, slots: int, dashboard: str | None = None, folder: Path | None = None
    ) -> None:
        self._slots = slots
        self._dashboard = dashboard
        self._folder = folder
        self._numbers = itertools.count()
        self._under_way: dict[Any, tuple[Handle, Any, str | None]] = {}
        self._cancelled: set[Handle] = set()
        self._lanes: dict[str, Any] = {}
        self._task = ray.remote(task).options(num_cpus=1, max_retries=0, num_returns=2)

    @property
    def slots(self) -> int:
        """Return how many calls run at once."""
        return self._slots

    @property
    def nodes(self) -> tuple[str, ...]:
        """Return the addresses of the living nodes."""
        return tuple(sorted(node["NodeManagerAddress"] for node in _living_nodes()))

    @property
    def dashboard(self) -> str | None:
        """Return the address of Ray's dashboard, where one runs."""
        return self._dashboard

    def submit(
        self, function: Callable[..., Any], *arguments: Any, lane: str | None = None
    ) -> Handle:
        """Start a task, or a call of the lane's actor."""
        tokens = [a.token if isinstance(a, Reference) else a for a in arguments]
        target = self._task if lane is None else self._lane(lane).call.options(num_returns=2)
        report, large = target.remote(function, *tokens)
        handle = Handle(next(self._numbers), getattr(function, "__name__", "call"))
        self._under_way[report] = (handle, large, lane)
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
        if not self._under_way:
            return []
        reports = list(self._under_way)
        ready, _ = ray.wait(reports, num_returns=1, timeout=timeout_s)
        if ready:
            ready, _ = ray.wait(reports, num_returns=len(reports), timeout=0)
        return [self._finished(report) for report in ready]

    def _finished(self, token: Any) -> Finished:
        handle, large, lane = self._under_way.pop(token)
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
            return Died(handle, f"{type(error).__name__}: {_first_line(error)}")
        if report.error is not None:
            return Raised(handle, report.error, report.elapsed_s, report.worker)
        kept = Reference(large) if report.has_large else None
        return Returned(handle, report.value, kept, report.elapsed_s, report.worker)

    def cancel(self, handle: Handle) -> None:
        """Kill the call's worker process, or take the call out of Ray's queue."""
        for report, (submitted, _, lane) in self._under_way.items():
            if submitted == handle:
                self._cancelled.add(handle)
                if lane is None:
                    ray.cancel(report, force=True, recursive=False)
                else:
                    self._drop_lane(lane)
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
            raise Unreachable(f"a stored value is lost: {_first_line(error)}") from error

    def close(self) -> None:
        """Leave the cluster; a local Ray ends with all its processes and its folder."""
        self._under_way.clear()
        self._lanes.clear()
        ray.shutdown()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def start_local(n_workers: int | None = None, *, has_dashboard: bool = False) -> RayExecutor:
    """Start a Ray of this machine only, with one task a CPU, that ends with this process.

    Call it from the main thread: Ray's processes die with the thread that started them.
    """
    slots = n_workers or len(os.sched_getaffinity(0))
    folder = session_folder()
    os.environ.update(
        {
            **thread_variables(1),
            **import_path_variable(os.environ),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_worker_niceness": "0",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
            ray_constants.ENABLE_RAY_CLUSTERS_ENV_VAR: "0",
        }
    )
    # Read once at import, before this function can set the variable: without it, every server of
    # this Ray listens beyond the loopback interface.
    ray_constants.ENABLE_RAY_CLUSTER = False
    context = ray.init(
        "local",
        num_cpus=slots,
        object_store_memory=OBJECT_STORE_BYTES,
        include_dashboard=has_dashboard,
        configure_logging=False,
        log_to_driver=False,
        _temp_dir=str(folder),
    )
    return RayExecutor(slots, context.dashboard_url or None, folder)


def join_cluster(address: str, n_workers: int | None = None) -> RayExecutor:
    """Join a running cluster from one of its nodes, and bring our code along.

    Raises ``Invalid`` where the address is no cluster that can be used, or a node's versions
    differ from ours.
    """
    refuse_unanswered(address)
    try:
        context = ray.init(
            address,
            configure_logging=False,
            log_to_driver=False,
            runtime_env={
                "py_modules": [str(CODE_FOLDER / package) for package in PACKAGES],
                "excludes": ["**/__pycache__/**"],
                "env_vars": thread_variables(1),
            },
        )
    except (RayError, ConnectionError, RuntimeError, ValueError, AssertionError) as error:
        advice = "start cellwright on a node of the cluster and give the head's HOST:PORT"
        if os.environ.get("RAY_AUTH_MODE") != "token":
            advice += "; if it wants a token, set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH"
        raise Invalid(f"--ray {address}: cannot join: {_first_line(error)}; {advice}") from error
    _refuse_other_versions()
    cpus = int(ray.cluster_resources().get("CPU", 0))
    if cpus < 1:
        raise Invalid(f"--ray {address}: the cluster offers no CPU")
    return RayExecutor(min(n_workers or cpus, cpus), context.dashboard_url or None)


def _refuse_other_versions() -> None:
    """Raise ``Invalid`` naming every node whose Python or libraries differ from ours."""
    probe = ray.remote(versions)
    asked = {
        node["NodeManagerAddress"]: probe.options(
            num_cpus=0,
            max_retries=0,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False),
        ).remote()
        for node in _living_nodes()
    }
    here = versions()
    complaints = []
    for name, answer in asked.items():
        try:
            differences = version_differences(here, ray.get(answer, timeout=PROBE_S))
        except (RayError, GetTimeoutError) as error:
            differences = [f"cannot run our code ({_first_line(error)})"]
        if differences:
            complaints.append(f"node {name}: {', '.join(differences)}")
    if complaints:
        raise Invalid("the cluster's versions differ: " + "; ".join(complaints))


def _living_nodes() -> list[dict[str, Any]]:
    return [node for node in ray.nodes() if node["Alive"]]


def _ask_head() -> int:
    return len(_living_nodes())


def _first_line(error: BaseException) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
