"""Which file is at a path, however it is named."""

from __future__ import annotations

import os
from pathlib import Path


def file_identity(place: Path | int) -> tuple[int, int] | None:
    """Return which file is at a path, or open under a descriptor; None where none is.

    Raises ``OSError`` where the file system does not say.
    """
    try:
        found = os.stat(place)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino
