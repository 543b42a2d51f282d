"""Fixtures of the whole suite."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real electrode images, or skip where it is absent."""
    folder = Path(os.environ.get("CELLWRIGHT_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "nmc_cathode_ct.tif").is_file():
        pytest.skip(
            f"the real electrode images are not at {folder}; set CELLWRIGHT_SHARED_DATA to their "
            "folder"
        )
    return folder
