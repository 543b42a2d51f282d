"""Fixtures of the whole suite."""

from __future__ import annotations

import gc
import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from agents.ray_executor import RayExecutor

REPOSITORY = Path(__file__).resolve().parent.parent


def absent(reason: str) -> NoReturn:
    """Skip with the reason; fail instead where the run promises that nothing is skipped."""
    if os.environ.get("CELLWRIGHT_NOTHING_SKIPPED"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of Chromium, or skip where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    absent("Chromium is not on the PATH")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real electrode images, or skip where it is absent."""
    folder = Path(os.environ.get("CELLWRIGHT_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "nmc_cathode_ct.tif").is_file():
        absent(
            f"the real electrode images are not at {folder}; set CELLWRIGHT_SHARED_DATA to their "
            "folder"
        )
    return folder


@pytest.fixture(scope="session")
def ray_executor() -> Iterator[RayExecutor]:
    """Return the one Ray of the whole test run, with two slots; started when first asked for."""
    from agents.ray_executor import start_local

    executor = start_local(2)
    yield executor
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # Ray does not wait for what it ends
        executor.close()
        gc.collect()
