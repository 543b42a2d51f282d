"""Checks of the machine a campaign is about to run on."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from controller.checks import Check, Verdict
from controller.instrument_checks import instrument_checks
from controller.webhooks.checks import webhook_checks

_DISTRIBUTIONS: Final = ("ray", "torch", "pybamm", "botorch", "mlflow", "numba", "pydantic")
_MIN_FREE_GB: Final = 5.0
"""Room for a campaign's artifacts and Ray's spill files. Assumed."""
_MIN_MEMORY_GB: Final = 4.0
"""Ray, two workers, control and compute on a small machine take about 3 GB. Measured."""
_RAY_PROBE: Final = (
    "import ray, logging\n"
    "ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, "
    "logging_level=logging.ERROR)\n"
    "print(ray.get(ray.remote(lambda: 'answered').remote()))\n"
    "ray.shutdown()\n"
)


def all_checks(home: Path) -> list[Check]:
    """Run every check; none raises."""
    return [
        _python(),
        *(_distribution(name) for name in _DISTRIBUTIONS),
        _journal(),
        _ray(),
        _gpu(),
        _cores(),
        _memory(),
        _home(home),
        _disk(home),
        *instrument_checks(home, os.environ),
        *webhook_checks(home),
    ]


def _python() -> Check:
    found = ".".join(str(part) for part in sys.version_info[:3])
    if (3, 11) <= sys.version_info < (3, 14):
        return Check("python", Verdict.ok, found)
    return Check("python", Verdict.wrong, found, "use Python 3.11, 3.12 or 3.13")


def _distribution(name: str) -> Check:
    try:
        return Check(name, Verdict.ok, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Check(name, Verdict.wrong, "missing", f"pip install {name}")


def _journal() -> Check:
    from controller.journal import check_sqlite

    try:
        return Check("sqlite", Verdict.ok, check_sqlite())
    except OSError as error:
        return Check("sqlite", Verdict.wrong, str(error), "use a Python with SQLite 3.37 or later")


def _ray() -> Check:
    """Start and stop a one-CPU Ray in a process of its own; control never imports ray."""
    try:
        with tempfile.TemporaryDirectory() as empty:
            done = subprocess.run(
                [sys.executable, "-P", "-c", _RAY_PROBE],
                capture_output=True,
                text=True,
                timeout=90,
                check=False,
                cwd=empty,
                env={**os.environ, "RAY_USAGE_STATS_ENABLED": "0"},
            )
    except subprocess.TimeoutExpired:
        return Check("ray starts", Verdict.wrong, "no answer in 90 s", "see Ray's log folder")
    if "answered" in done.stdout:
        return Check("ray starts", Verdict.ok, "a task went through")
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    return Check("ray starts", Verdict.wrong, last[:120], "see Ray's log folder")


def _gpu() -> Check:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Check("gpu", Verdict.note, "none", "not needed; one makes large volumes faster")
    try:
        done = subprocess.run(
            [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        return Check("gpu", Verdict.note, str(error), "the driver does not answer")
    if done.returncode or not done.stdout.strip():
        return Check("gpu", Verdict.note, "nvidia-smi found none", "check the driver")
    return Check("gpu", Verdict.ok, "; ".join(done.stdout.strip().splitlines()))


def _cores() -> Check:
    n = len(os.sched_getaffinity(0))
    if n >= 2:
        return Check("cores", Verdict.ok, str(n))
    return Check("cores", Verdict.note, str(n), "works, but one job at a time")


def _memory() -> Check:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    found = f"{pages / 1e9:.1f} GB"
    if pages / 1e9 >= _MIN_MEMORY_GB:
        return Check("memory", Verdict.ok, found)
    return Check("memory", Verdict.note, found, f"{_MIN_MEMORY_GB:g} GB or more is comfortable")


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _home(home: Path) -> Check:
    folder = _existing(home)
    if not folder.is_dir():
        return Check("home", Verdict.wrong, f"{folder} is a file", "choose another --home")
    if os.access(folder, os.W_OK | os.X_OK):
        return Check("home", Verdict.ok, str(home))
    return Check("home", Verdict.wrong, f"{folder} cannot be written", "choose another --home")


def _disk(home: Path) -> Check:
    free_gb = shutil.disk_usage(_existing(home)).free / 1e9
    if free_gb >= _MIN_FREE_GB:
        return Check("disk", Verdict.ok, f"{free_gb:.0f} GB free")
    return Check(
        "disk", Verdict.wrong, f"{free_gb:.1f} GB free", f"{_MIN_FREE_GB:g} GB are needed at home"
    )
