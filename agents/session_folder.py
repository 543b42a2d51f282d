"""A short-lived folder for one process: short enough for sockets, swept when its owner is gone."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

LONGEST: Final = 38
"""Ray appends up to 66 characters; a socket's path may hold 107 bytes."""


def session_folder(parent: Path | None = None) -> Path:
    """Return a new empty folder named after this process, and remove those of dead processes."""
    parent = parent or _short_temporary_folder()
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sweep(parent)
    return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=parent))


def _short_temporary_folder() -> Path:
    name = f"cellwright-{os.getuid()}"
    wanted = Path(tempfile.gettempdir()) / name
    return wanted if len(str(wanted)) + 18 <= LONGEST else Path("/tmp") / name  # noqa: S108


def _sweep(parent: Path) -> None:
    """Remove the folders that killed processes left behind."""
    for folder in parent.iterdir():
        owner = folder.name.partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)
