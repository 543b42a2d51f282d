"""Read a TIFF stack whole, with its voxel size, or say what is wrong with the file."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from experiments.errors import Invalid
from simulators.microstructure.stored_image import (
    UNIT_M,
    StoredImage,
    VoxelSize,
    plausible_size,
)
from simulators.microstructure.tiff_chain import count_pages


def open_tiff(path: Path) -> StoredImage:
    """Open a TIFF. Raises ``Invalid`` where it is cut short, in colour, or no single stack."""
    count_pages(path)
    with _plain_tiff_errors(path), tifffile.TiffFile(path) as tif:
        if not tif.series:
            raise Invalid(f"{path}: a TIFF without pages")
        _refuse_colour(tif, path)
        _refuse_truncated(tif, path)
        values = _stacked(tif, path)
        size_m, notes = _voxel_size(tif)
    return StoredImage(values, size_m, notes)


def _stacked(tif: tifffile.TiffFile, path: Path) -> NDArray[Any]:
    """Return the one series, or single pages that were written one by one but are alike."""
    series = tif.series
    if len(series) == 1:
        return np.asarray(series[0].asarray())
    if any((s.shape, s.dtype, s.ndim) != (series[0].shape, series[0].dtype, 2) for s in series):
        shapes = ", ".join(f"{' x '.join(map(str, s.shape))} {s.dtype}" for s in series[:3])
        raise Invalid(f"{path}: pages of different sizes or types ({shapes}); one stack is one")
    stack = np.empty((len(series), *series[0].shape), series[0].dtype)
    for plane, one in zip(stack, series, strict=True):
        plane[...] = one.asarray()
    return stack


@contextmanager
def _plain_tiff_errors(path: Path) -> Iterator[None]:
    """Turn whatever a decoder raises on a broken file into one line, and keep its log quiet."""
    logger = logging.getLogger("tifffile")
    was_disabled, logger.disabled = logger.disabled, True
    try:
        yield
    except Invalid:
        raise
    except Exception as error:  # decoders raise anything on broken bytes
        reason = " ".join(str(error).split()) or type(error).__name__
        if "imagecodecs" in reason:
            reason += "; pip install imagecodecs, or save it uncompressed or with deflate"
        raise Invalid(f"{path}: cannot be read as TIFF ({reason})") from error
    finally:
        logger.disabled = was_disabled


def _refuse_colour(tif: tifffile.TiffFile, path: Path) -> None:
    page = tif.pages[0]
    if int(getattr(page, "samplesperpixel", 1)) > 1:
        raise Invalid(
            f"{path}: a colour image ({page.samplesperpixel} channels); labels are one number per "
            "voxel: save it as a single channel"
        )


def _refuse_truncated(tif: tifffile.TiffFile, path: Path) -> None:
    """Compare what the file says it holds with the bytes and pages that are there."""
    held = path.stat().st_size
    needed = 0
    for page in tif.pages:
        for offset, count in zip(page.dataoffsets, page.databytecounts, strict=False):
            needed = max(needed, offset + count)
    series = tif.series[0]
    if series.dataoffset is not None:
        needed = max(needed, series.dataoffset + series.nbytes)
    if needed > held:
        raise Invalid(f"{path}: truncated, {held} bytes of at least {needed} are there")
    promised = 0
    if tif.imagej_metadata:
        promised = int(tif.imagej_metadata.get("images", 0))
    for described in tif.shaped_metadata or ():
        shape = described.get("shape", ())
        promised = max(promised, int(np.prod(shape[:-2], dtype=np.int64)))
    present = int(np.prod(series.shape[:-2], dtype=np.int64))
    if promised > present:
        raise Invalid(f"{path}: truncated, {present} pages of {promised} are there")


def _voxel_size(tif: tifffile.TiffFile) -> VoxelSize:
    if tif.ome_metadata:
        return _ome_voxel_size(tif.ome_metadata)
    page = tif.pages[0]
    per_unit = [_ratio(page.tags, name) for name in ("YResolution", "XResolution")]
    if not all(per_unit):
        return None, ()
    about = tif.imagej_metadata or {}
    unit_m = UNIT_M.get(str(about.get("unit", "")).replace("\\u00B5", "µ"))
    depth = about.get("spacing")
    if unit_m is None:
        resolution_unit = page.tags.get("ResolutionUnit")
        if resolution_unit is None or int(resolution_unit.value) != 3:
            return None, ()
        unit_m, depth = UNIT_M["cm"], None
    y_m, x_m = (unit_m / value for value in per_unit)
    return plausible_size(float(depth) * unit_m if depth else None, y_m, x_m)


def _ratio(tags: Any, name: str) -> float:
    tag = tags.get(name)
    if tag is None or not tag.value[1]:
        return 0.0
    return float(tag.value[0]) / float(tag.value[1])


def _ome_voxel_size(
    xml: str,
) -> VoxelSize:
    sizes: list[float | None] = []
    for axis in "ZYX":
        value = re.search(rf'PhysicalSize{axis}="([0-9.eE+-]+)"', xml)
        unit = re.search(rf'PhysicalSize{axis}Unit="([^"]+)"', xml)
        unit_m = UNIT_M.get(unit.group(1) if unit else "µm")
        sizes.append(float(value.group(1)) * unit_m if value and unit_m else None)
    z_m, y_m, x_m = sizes
    if y_m is None or x_m is None:
        return None, ()
    return plausible_size(z_m, y_m, x_m)
