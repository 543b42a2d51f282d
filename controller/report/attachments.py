"""Read what compute wrote beside an observation: voxels of the first volume, and curves."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from experiments.observation import Artifact, Observation
from experiments.performance import ChargeCurve, DepthProfiles, DischargeCurve, VolumeCurves

VOXELS: Final = "voxels"
CURVE: Final = "curve"
PROFILES: Final = "profiles"
CHARGE: Final = "charge"
VOLUMES: Final = "volume-curves"

Read = Callable[[Artifact], bytes | None]


def reader(folder: Path) -> Read:
    """Return a function that finds artifacts by address, or in a moved home's folder by name."""

    def read(artifact: Artifact) -> bytes | None:
        parts = urlsplit(artifact.url)
        name = unquote(parts.path).rsplit("/", 1)[-1]
        candidates = [folder / "files" / artifact.sha256[:2] / name]
        if parts.scheme in ("", "file"):
            candidates.insert(0, Path(unquote(parts.path)))
        for path in candidates:
            if path.is_file():
                return path.read_bytes()
        return _remote(artifact.url) if parts.scheme not in ("", "file") else None

    return read


def first_volume(
    observation: Observation, read: Read
) -> tuple[NDArray[np.uint8], tuple[float, float, float]] | None:
    """Return labels and voxel edges (m) of the first volume, or None where they are gone."""
    content = _content(observation, VOXELS, read)
    if content is None:
        return None
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            labels = np.asarray(file["labels"], dtype=np.uint8)
            edges = [float(edge) for edge in file["voxel_size_m"]]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return labels, (edges[0], edges[1], edges[2])


def discharge_curves(observation: Observation, read: Read) -> list[DischargeCurve]:
    """Return an observation's curves, the campaign's first power first, as far as they are kept."""
    curves = []
    for name in observation.provenance.artifacts:
        if name == CURVE or name.startswith(f"{CURVE}@"):
            content = _content(observation, name, read)
            try:
                if content is not None:
                    curves.append(DischargeCurve.model_validate_json(content))
            except ValidationError:
                continue
    return curves


def depth_profiles(observation: Observation, read: Read) -> DepthProfiles | None:
    """Return the profiles of the campaign's first power, or None where they are not kept."""
    content = _content(observation, PROFILES, read)
    try:
        return None if content is None else DepthProfiles.model_validate_json(content)
    except ValidationError:
        return None


def charge_curve(observation: Observation, read: Read) -> ChargeCurve | None:
    """Return the simulated fast charge, or None where none was asked for or it is not kept."""
    content = _content(observation, CHARGE, read)
    try:
        return None if content is None else ChargeCurve.model_validate_json(content)
    except ValidationError:
        return None


def volume_curves(observation: Observation, read: Read) -> VolumeCurves:
    """Return the curves of single volumes at the campaign's first power, as far as kept."""
    content = _content(observation, VOLUMES, read)
    try:
        return VolumeCurves() if content is None else VolumeCurves.model_validate_json(content)
    except ValidationError:
        return VolumeCurves()


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
