"""What a worker process finds in its environment: its threads, our code, its versions."""

from __future__ import annotations

import functools
import os
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Final, Literal

import agents

CODE_FOLDER: Final = Path(agents.__file__).parent.parent
PACKAGES: Final = ("experiments", "simulators", "agents")
PROBED: Final = (
    "ray",
    "numpy",
    "scipy",
    "numba",
    "torch",
    "pybamm",
    "botorch",
    "gpytorch",
    "pydantic",
    "scikit-image",
)
"""Distributions whose version may change a result or break a message between processes."""

DEVICE_VARIABLE: Final = "CELLWRIGHT_DEVICE"
"""Set by the lane in which a call runs, for that call only."""

_THREAD_VARIABLES: Final = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def thread_variables(n_threads: int) -> dict[str, str]:
    """Return the variables that hold every numerical library of a process to its CPUs."""
    return {name: str(n_threads) for name in _THREAD_VARIABLES}


def n_threads() -> int:
    """Return how many threads this process may use: those of its task, else all CPUs it has."""
    told = os.environ.get(_THREAD_VARIABLES[0], "")
    return int(told) if told.isdigit() and int(told) > 0 else len(os.sched_getaffinity(0))


def device() -> Literal["cpu", "auto"]:
    """Return what a stage may compute on: a GPU only in a call that was given a share of one."""
    return "auto" if os.environ.get(DEVICE_VARIABLE) == "auto" else "cpu"


def import_path_variable(environment: Mapping[str, str]) -> dict[str, str]:
    """Return a PYTHONPATH under which a local worker imports the code this process runs."""
    inherited = environment.get("PYTHONPATH", "")
    paths = [str(CODE_FOLDER), *(path for path in inherited.split(":") if path)]
    return {"PYTHONPATH": ":".join(dict.fromkeys(paths))}


def versions() -> dict[str, str]:
    """Return the versions of Python and of every probed distribution, importing none of them."""
    return dict(_installed())


@functools.cache
def _installed() -> dict[str, str]:
    """Look once: what a process has imported does not change."""
    found = {"python": platform.python_version()}
    for name in PROBED:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "absent"
    return found


def version_differences(here: Mapping[str, str], there: Mapping[str, str]) -> list[str]:
    """Return a phrase for every version that differs between two machines."""
    return [
        f"{name} {there.get(name, 'absent')} instead of {version}"
        for name, version in here.items()
        if there.get(name, "absent") != version
    ]
