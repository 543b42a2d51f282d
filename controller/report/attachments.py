"""Read what compute wrote beside an observation: voxels of the first volume, discharge curves."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from experiments.observation import Artifact, Observation
from experiments.performance import DischargeCurve

VOXELS: Final = "voxels"
CURVES: Final = "curves"
_CURVES: Final = TypeAdapter(dict[str, DischargeCurve])

Read = Callable[[Artifact], bytes | None]


def reader(folder: Path) -> Read:
    """Return a function that finds artifacts by address, or in a moved home's folder by name."""

    def read(artifact: Artifact) -> bytes | None:
        parts = urlsplit(artifact.url)
        name = unquote(parts.path).rsplit("/", 1)[-1]
        candidates = [folder / name, folder / artifact.sha256[:2] / name]
        if parts.scheme in ("", "file"):
            candidates.insert(0, Path(unquote(parts.path)))
        for path in candidates:
            if path.is_file():
                return path.read_bytes()
        return _remote(artifact.url) if parts.scheme not in ("", "file") else None

    return read


def volume_labels(observation: Observation, read: Read) -> NDArray[np.uint8] | None:
    """Return the labels of an observation's first volume, or None where they are gone."""
    content = _content(observation, VOXELS, read)
    if content is None:
        return None
    try:
        loaded = np.load(io.BytesIO(content), allow_pickle=False)
        labels = loaded[loaded.files[0]] if hasattr(loaded, "files") else loaded
    except (ValueError, OSError, IndexError):
        return None
    return np.asarray(labels, dtype=np.uint8)


def discharge_curves(observation: Observation, read: Read) -> dict[str, DischargeCurve]:
    """Return an observation's curves by power, empty where they are gone."""
    content = _content(observation, CURVES, read)
    if content is None:
        return {}
    try:
        return _CURVES.validate_json(content)
    except ValidationError:
        return {}


def _content(observation: Observation, name: str, read: Read) -> bytes | None:
    artifact = observation.provenance.artifacts.get(name)
    return None if artifact is None else read(artifact)


def _remote(url: str) -> bytes | None:
    """Fetch an artifact that the campaign keeps on another store."""
    import fsspec

    try:
        with fsspec.open(url, "rb") as stream:
            content: bytes = stream.read()
            return content
    except (OSError, ValueError, ImportError):
        return None
