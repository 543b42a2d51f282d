"""Fixtures of the whole suite."""

from __future__ import annotations

import gc
import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from agents.ray_executor import RayExecutor

REPOSITORY = Path(__file__).resolve().parent.parent
TOGETHER = {
    "tests/system/test_kill.py": "tests/system/test_session.py",
    "tests/agents/test_ray_shares.py": "tests/agents/test_ray_executor.py",
}
"""Files that share what a session fixture of theirs starts: one worker runs both."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Deal out whole files, so that each one's fixtures are made once."""
    from xdist.scheduler import LoadFileScheduling

    class Files(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return TOGETHER.get(file, file)

    return Files(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several workers share the tests, put the longest first: nobody waits for them then."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: not item.nodeid.startswith("tests/system"))


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
def axe_core() -> str:
    """Return the script that checks pages for accessibility, or skip where it is absent."""
    path = REPOSITORY / "build" / "axe-core" / "axe.min.js"
    if not path.is_file():
        absent("axe-core is not in build/: make axe-core")
    return path.read_text("utf-8")


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
    from agents.ray_local import start_local

    executor = start_local(2)
    yield executor
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # Ray does not wait for what it ends
        executor.close()
        gc.collect()
