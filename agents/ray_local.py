"""A Ray of this machine only, that lives and dies with this process."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import ray
from ray._private import ray_constants

from agents.ray_executor import RayExecutor
from agents.ray_token import own_token, require_token
from agents.ray_vitals import start_watched, watch_vitals
from agents.session_folder import session_folder
from agents.worker_environment import import_path_variable, thread_variables

OBJECT_STORE_BYTES: Final = 256 * 1024**2
"""Room for the volumes under way; each is far below 10 MB and freed when its job ends. What does
not fit Ray writes to the session's folder."""


def start_local(
    n_workers: int | None = None,
    *,
    has_dashboard: bool = False,
    home: Path | None = None,
    object_store_bytes: int = OBJECT_STORE_BYTES,
    when_gone: Callable[[str], None] | None = None,
    n_gpus: int | None = None,
) -> RayExecutor:
    """Start a Ray with one task a CPU, that answers only who has the home's token.

    ``n_gpus`` None takes the machine's. Without a home the token is one of this process.
    ``when_gone`` is told, in another thread, when Ray has lost a process without which it cannot go
    on. Call it from the main thread: Ray's processes die with the thread that started them.
    """
    slots = n_workers or len(os.sched_getaffinity(0))
    folder = session_folder()
    require_token(own_token(home if home is not None and home.is_dir() else folder))
    os.environ.update(
        {
            **thread_variables(1),
            **import_path_variable(os.environ),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_worker_niceness": "0",
            "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
            ray_constants.ENABLE_RAY_CLUSTERS_ENV_VAR: "0",
        }
    )
    # Read once at import, before this function can set the variable: without it, every server of
    # this Ray listens beyond the loopback interface.
    ray_constants.ENABLE_RAY_CLUSTER = False
    with start_watched(when_gone):
        context = ray.init(
            "local",
            num_cpus=slots,
            num_gpus=n_gpus,
            object_store_memory=object_store_bytes,
            include_dashboard=has_dashboard,
            configure_logging=False,
            log_to_driver=False,
            _temp_dir=str(folder),
        )
    if when_gone is not None:
        watch_vitals(when_gone)
    has_gpus = ray.cluster_resources().get("GPU", 0) > 0
    return RayExecutor(slots, context.dashboard_url or None, folder, has_gpus=has_gpus)
