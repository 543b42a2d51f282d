"""Joining a Ray cluster that somebody else started, from one of its nodes."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Final

import ray
from ray._private.authentication.authentication_utils import is_token_auth_enabled
from ray.exceptions import GetTimeoutError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from agents.cluster_address import is_loopback, refuse_unanswered
from agents.ray_executor import RayExecutor, first_line, living_nodes
from agents.ray_shares import Share
from agents.ray_token import offer_token
from agents.worker_environment import (
    CODE_FOLDER,
    PACKAGES,
    thread_variables,
    version_differences,
    versions,
)
from experiments.errors import Invalid

PROBE_S: Final = 90.0
_ADVICE: Final = (
    "set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH for its nodes and for cellwright "
    "(docs/cluster.md)"
)


def join_cluster(
    address: str, n_workers: int | None = None, *, home: Path | None = None
) -> RayExecutor:
    """Join a running cluster from one of its nodes, and bring our code along.

    Raises ``Invalid`` where the address is no cluster that can be used, anybody could use it too,
    or a node's versions differ from ours.
    """
    refuse_unanswered(address)
    has_token = offer_token(home)
    if not has_token and not is_loopback(address):
        raise Invalid(f"--ray {address}: refused without a token; {_ADVICE}")
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
        raise Invalid(
            f"--ray {address}: cannot join: {first_line(error)}; start cellwright on a node of the "
            "cluster and give the head's HOST:PORT; if it wants a token, set RAY_AUTH_MODE=token "
            "and RAY_AUTH_TOKEN_PATH"
        ) from error
    _refuse_unfit_nodes(address)
    cpus = int(ray.cluster_resources().get("CPU", 0))
    if cpus < 1:
        raise Invalid(f"--ray {address}: the cluster offers no CPU")
    slots = min(n_workers or cpus, cpus)
    share = Share(f"{socket.gethostname()}:{os.getpid()}", slots)
    has_gpus = ray.cluster_resources().get("GPU", 0) > 0
    return RayExecutor(slots, context.dashboard_url or None, share=share, has_gpus=has_gpus)


def probe() -> tuple[dict[str, str], bool]:
    """Return a node's versions, and whether its Ray asks for a token."""
    return versions(), is_token_auth_enabled()


def _refuse_unfit_nodes(address: str) -> None:
    """Raise ``Invalid`` naming every node that differs from ours, or that anybody may command."""
    ask = ray.remote(probe)
    nodes = living_nodes()
    asked = [
        (
            node["NodeManagerAddress"],
            ask.options(
                num_cpus=0,
                max_retries=0,
                scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False),
            ).remote(),
        )
        for node in nodes
    ]
    here = versions()
    complaints = []
    for name, answer in asked:
        has_token = True
        try:
            there, has_token = ray.get(answer, timeout=PROBE_S)
            differences = version_differences(here, there)
        except (RayError, GetTimeoutError) as error:
            differences = [f"cannot run our code ({first_line(error)})"]
        if differences:
            complaints.append(f"node {name}: {', '.join(differences)}")
        if not has_token and not is_loopback(f"{name}:0"):
            raise Invalid(
                f"--ray {address}: node {name} takes orders from anybody, for its Ray asks for no "
                f"token; {_ADVICE}"
            )
    if complaints:
        raise Invalid("the cluster's versions differ: " + "; ".join(complaints))
