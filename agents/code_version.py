"""Which code this is: the version of the distribution, and a hash of what is really imported."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

from agents.worker_environment import CODE_FOLDER, PACKAGES


@cache
def code_version(folder: Path = CODE_FOLDER) -> str:
    """Return e.g. ``0.1.0+3f9a1c02b7de``: twelve digits over the files that compute ships."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((folder / package).rglob("*.py")):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
    try:
        version = metadata.version("cellwright")
    except metadata.PackageNotFoundError:
        version = "0"
    return f"{version}+{digest.hexdigest()[:12]}"
