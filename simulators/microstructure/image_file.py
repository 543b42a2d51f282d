"""Read a segmented image into labelled voxels, refusing whatever could be misread; write one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import tifffile
from numpy.typing import NDArray

from experiments.errors import Invalid
from experiments.microstructure import PHASE_LABEL, PhaseName
from simulators.microstructure.image_formats import open_image
from simulators.microstructure.stored_image import StoredImage
from simulators.microstructure.voxels import Voxels

VERSION: Final = "1"
"""Raised whenever the same file is read as other voxels, sizes or fallbacks, whatever its format;
the modules that open the formats are part of this reader."""

VOXEL_SIZE_RANGE_M: Final = (1e-9, 1e-5)
"""What a voxel of an electrode image can measure; outside, a unit was mistaken."""

_LARGEST_LABEL: Final = 2**53
"""Whole numbers beyond it are not exact in every type of file."""

_MAX_LABELS: Final = 8
"""More distinct values than this are grey levels and no labels."""


def read_labels(
    path: Path | str,
    labels: Mapping[str, int] | None = None,
    voxel_size_m: float | Sequence[float] | None = None,
) -> Voxels:
    """Read a TIFF stack, a folder of pages, NPY, HDF5 or zarr as labelled voxels.

    ``labels`` says which value of the file is which phase; without it the file must use our own
    (0 pore, 1 active, 2 binder, 3 second active). A given voxel size wins over the file's. Raises
    ``Invalid`` with one line for every input that is no 3D segmented image or leaves a doubt.
    """
    name = str(path)
    names = _checked_names(labels)
    image = open_image(name)
    stack = _as_stack(image.values, name)
    counts = _count_values(stack, name)
    value_of = _assign(counts, names, name)
    size_m, fallbacks = _voxel_size(image, voxel_size_m, name)
    return Voxels(
        labels=_relabel(stack, value_of),
        voxel_size_m=size_m,
        fallbacks=fallbacks,
    )


def write_labels(
    path: Path | str, voxels: Voxels, provenance: Mapping[str, object] | None = None
) -> None:
    """Write a TIFF stack that carries its voxel size where ImageJ and this reader look for it.

    ``provenance`` (plain JSON values) goes where ImageJ shows it as the image's info.
    """
    z_um, y_um, x_um = (size * 1e6 for size in voxels.voxel_size_m)
    told = {} if provenance is None else {"Info": json.dumps(provenance, ensure_ascii=True)}
    tifffile.imwrite(
        path,
        voxels.labels,
        imagej=True,
        resolution=(1.0 / x_um, 1.0 / y_um),
        metadata={"axes": "ZYX", "spacing": z_um, "unit": "um", **told},
    )


def read_provenance(path: Path | str) -> dict[str, object]:
    """Return what ``write_labels`` was told of the image's origin; empty where nothing was."""
    with tifffile.TiffFile(path) as tif:
        info = (tif.imagej_metadata or {}).get("Info", "{}")
    found: dict[str, object] = json.loads(info)
    return found


def _checked_names(labels: Mapping[str, int] | None) -> dict[PhaseName, int] | None:
    if labels is None:
        return None
    if not labels:
        raise Invalid("labels: name at least two phases, e.g. pore=0,active=1,binder=2")
    names: dict[PhaseName, int] = {}
    for phase in PHASE_LABEL:
        if phase in labels:
            names[phase] = int(labels[phase])
    for phase_name in labels:
        if phase_name not in PHASE_LABEL:
            raise Invalid(f"labels: {phase_name!r} is no phase; allowed: {', '.join(PHASE_LABEL)}")
    values = list(names.values())
    for value in values:
        if values.count(value) > 1:
            raise Invalid(f"labels: {value} names two phases; every phase needs its own value")
    return names


def _as_stack(values: NDArray[Any], name: str) -> NDArray[Any]:
    """Return three axes. Drops axes of length 1 in front, refuses everything else."""
    while values.ndim > 3 and values.shape[0] == 1:
        values = values[0]
    shape = " x ".join(str(n) for n in values.shape)
    if values.ndim == 2 or (values.ndim == 3 and 1 in values.shape):
        raise Invalid(
            f"{name}: a 2D image ({shape}); transport and areas need a 3D stack, at least 2 voxels "
            "along every axis"
        )
    if values.ndim != 3:
        raise Invalid(f"{name}: {values.ndim} axes ({shape}); a stack has three: z, y, x")
    if values.dtype.kind not in "buif":
        raise Invalid(f"{name}: voxels of type {values.dtype}; labels must be numbers")
    if values.size == 0:
        raise Invalid(f"{name}: an image without voxels ({shape})")
    return values.view(np.uint8) if values.dtype.kind == "b" else values


def _count_values(stack: NDArray[Any], name: str) -> dict[int, int]:
    """Return voxel counts by value, plane by plane. Raises ``Invalid`` for a greyscale image."""
    counts: dict[int, int] = {}
    for plane in stack:
        if plane.dtype.kind == "f":
            if not np.isfinite(plane).all():
                raise Invalid(f"{name}: holds NaN or infinite voxels; labels must be whole numbers")
            if np.any(plane != np.rint(plane)):
                raise Invalid(_greyscale(name, "voxels that are no whole numbers"))
        low, high = int(plane.min()), int(plane.max())
        if max(-low, high) > _LARGEST_LABEL:
            raise Invalid(
                f"{name}: holds values from {low:.6g} to {high:.6g}; a label is a whole number of "
                f"at most {_LARGEST_LABEL}"
            )
        if high - low < 1 << 16:
            tally = np.bincount((plane - plane.min()).astype(np.int64).reshape(-1))
            found = np.flatnonzero(tally)
            plane_counts = zip((found + low).tolist(), tally[found].tolist(), strict=True)
        else:
            values, number = np.unique(plane, return_counts=True)
            plane_counts = zip(values.astype(np.int64).tolist(), number.tolist(), strict=True)
        for value, n in plane_counts:
            counts[value] = counts.get(value, 0) + n
    if len(counts) > _MAX_LABELS:
        spread = f"{len(counts)} different values from {min(counts)} to {max(counts)}"
        raise Invalid(_greyscale(name, spread))
    return dict(sorted(counts.items()))


def _greyscale(name: str, found: str) -> str:
    return (
        f"{name}: a greyscale image ({found}); segment it into phases first (multi-Otsu, Weka or "
        "ilastik), save one whole number per phase and name them, e.g. pore=0,active=1,binder=2"
    )


def _assign(
    counts: Mapping[int, int], names: Mapping[PhaseName, int] | None, name: str
) -> dict[PhaseName, int]:
    """Return the file's value of every phase present. Raises ``Invalid`` where they disagree."""
    held = ", ".join(str(value) for value in counts)
    if names is None:
        unknown = [value for value in counts if value not in PHASE_LABEL.values()]
        if unknown:
            example = ",".join(
                f"{phase}={value}" for phase, value in zip(PHASE_LABEL, counts, strict=False)
            )
            raise Invalid(
                f"{name}: holds the values {held}, and nobody said which phase is which; name them "
                f"with --labels (labels: in a campaign), e.g. {example}"
            )
        names = {phase: value for phase, value in PHASE_LABEL.items() if value in counts}
    named = ", ".join(f"{phase}={value}" for phase, value in names.items())
    for phase, value in names.items():
        if value not in counts:
            raise Invalid(f"{name}: {phase}={value} names no voxel; the image holds {held}")
    total = sum(counts.values())
    for value, n in counts.items():
        if value not in names.values():
            raise Invalid(
                f"{name}: nobody named the value {value} ({n} voxels, {n / total:.2%}); named are "
                f"{named}"
            )
    if len(counts) < 2:
        raise Invalid(f"{name}: every voxel is {named}; a structure needs at least two phases")
    return dict(names)


def _relabel(stack: NDArray[Any], value_of: Mapping[PhaseName, int]) -> NDArray[np.uint8]:
    if stack.dtype == np.uint8 and all(PHASE_LABEL[p] == v for p, v in value_of.items()):
        return np.ascontiguousarray(stack)
    relabelled = np.zeros(stack.shape, np.uint8)
    for source, target in zip(stack, relabelled, strict=True):
        for phase, value in value_of.items():
            target[source == value] = PHASE_LABEL[phase]
    return relabelled


def _voxel_size(
    image: StoredImage, given_m: float | Sequence[float] | None, name: str
) -> tuple[tuple[float, float, float], tuple[str, ...]]:
    fallbacks: tuple[str, ...] = ()
    if given_m is not None:
        sizes = [given_m] * 3 if isinstance(given_m, int | float) else list(given_m)
        where = "voxel size"
    elif image.voxel_size_m is not None:
        sizes = list(image.voxel_size_m)
        where = f"{name}: voxel size in the file"
        fallbacks = image.notes
    else:
        raise Invalid(
            f"{name}: the file does not say its voxel size; give it in µm with --voxel-size-um "
            "(voxel_size_um: in a campaign)"
        )
    if len(sizes) != 3:
        raise Invalid(f"{where}: {len(sizes)} numbers; give one, or three for z, y, x")
    low, high = VOXEL_SIZE_RANGE_M
    for size in sizes:
        if not low <= size <= high:
            raise Invalid(
                f"{where}: {size * 1e6:g} µm; it must lie between {low * 1e6:g} and {high * 1e6:g}"
            )
    return (float(sizes[0]), float(sizes[1]), float(sizes[2])), fallbacks
