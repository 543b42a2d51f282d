"""In which container image this process runs, as far as it can tell."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

VARIABLE: Final = "CELLWRIGHT_IMAGE"
"""Set by whoever starts the container, best to the image's digest."""


def container_image(
    environment: Mapping[str, str] = os.environ, root: Path = Path("/")
) -> str | None:
    """Return the image by its name, id or at least its kind; None outside of a container.

    Podman says the image in ``/run/.containerenv``; Docker says only that it is there, and
    Apptainer names its file in a variable.
    """
    for name in (VARIABLE, "APPTAINER_CONTAINER", "SINGULARITY_CONTAINER"):
        if told := environment.get(name, "").strip():
            return told.replace(" ", "_")
    try:
        lines = (root / "run" / ".containerenv").read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return "docker" if (root / ".dockerenv").exists() else None
    named = dict(line.split("=", 1) for line in lines if "=" in line)
    told = named.get("imageid") or named.get("image") or "podman"
    return told.strip('"').replace(" ", "_")


@cache
def this_container() -> str | None:
    """Return the image of this process, looked up once."""
    return container_image()
