"""Open image files of the formats people have, with the voxel size where the file knows it."""

from __future__ import annotations

import importlib
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import tifffile
from numpy.typing import NDArray

from experiments.errors import Invalid

FORMATS: Final = (
    "a TIFF stack (.tif, .tiff), a folder of single pages (.tif, .png), .npy, HDF5 "
    "(.h5, .h5:/dataset) or .zarr"
)

_UNIT_M: Final = {"nm": 1e-9, "µm": 1e-6, "um": 1e-6, "micron": 1e-6, "mm": 1e-3, "cm": 1e-2}
_LARGEST_M: Final = 1e-5
"""Print resolutions (72 dpi is 353 µm) are no voxel sizes; larger ones are ignored."""


@dataclass(frozen=True)
class StoredImage:
    """Voxels as stored, and what the file says of their size."""

    values: NDArray[Any]
    voxel_size_m: tuple[float, float, float] | None = None
    """Along z, y, x."""
    notes: tuple[str, ...] = ()
    """What had to be assumed, in words."""


def open_image(name: str) -> StoredImage:
    """Open a file or folder by name. Raises ``Invalid`` where it cannot be read whole."""
    file, _, inside = name.partition(":/")
    path = Path(file)
    suffix = path.suffix.lower()
    if not path.exists():
        raise Invalid(f"{file}: no such file or folder")
    if suffix in (".h5", ".hdf5", ".hdf", ".nxs"):
        return _open_hdf5(path, inside)
    if suffix == ".zarr":
        return _open_zarr(path, inside)
    if path.is_dir():
        return _open_folder(path)
    if path.stat().st_size == 0:
        raise Invalid(f"{file}: the file is empty (0 bytes)")
    if suffix in (".tif", ".tiff"):
        return _open_tiff(path)
    if suffix == ".npy":
        return _open_npy(path)
    raise Invalid(f"{file}: files of type {suffix or '(none)'} are not read; give {FORMATS}")


def _open_tiff(path: Path) -> StoredImage:
    with _plain_tiff_errors(path), tifffile.TiffFile(path) as tif:
        if not tif.series:
            raise Invalid(f"{path}: a TIFF without pages")
        _refuse_colour(tif, path)
        _refuse_truncated(tif, path)
        if len(tif.series) > 1:
            shapes = ", ".join(" x ".join(map(str, s.shape)) for s in tif.series[:3])
            raise Invalid(f"{path}: pages of different sizes or types ({shapes}); one stack is one")
        values = tif.series[0].asarray()
        size_m, notes = _tiff_voxel_size(tif)
    return StoredImage(values, size_m, notes)


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


def _tiff_voxel_size(
    tif: tifffile.TiffFile,
) -> tuple[tuple[float, float, float] | None, tuple[str, ...]]:
    if tif.ome_metadata:
        return _ome_voxel_size(tif.ome_metadata)
    page = tif.pages[0]
    per_unit = [_ratio(page.tags, name) for name in ("YResolution", "XResolution")]
    if not all(per_unit):
        return None, ()
    about = tif.imagej_metadata or {}
    unit_m = _UNIT_M.get(str(about.get("unit", "")).replace("\\u00B5", "µ"))
    depth = about.get("spacing")
    if unit_m is None:
        resolution_unit = page.tags.get("ResolutionUnit")
        if resolution_unit is None or int(resolution_unit.value) != 3:
            return None, ()
        unit_m, depth = _UNIT_M["cm"], None
    y_m, x_m = (unit_m / value for value in per_unit)
    return _plausible(float(depth) * unit_m if depth else None, y_m, x_m)


def _ratio(tags: Any, name: str) -> float:
    tag = tags.get(name)
    if tag is None or not tag.value[1]:
        return 0.0
    return float(tag.value[0]) / float(tag.value[1])


def _ome_voxel_size(
    xml: str,
) -> tuple[tuple[float, float, float] | None, tuple[str, ...]]:
    sizes: list[float | None] = []
    for axis in "ZYX":
        value = re.search(rf'PhysicalSize{axis}="([0-9.eE+-]+)"', xml)
        unit = re.search(rf'PhysicalSize{axis}Unit="([^"]+)"', xml)
        unit_m = _UNIT_M.get(unit.group(1) if unit else "µm")
        sizes.append(float(value.group(1)) * unit_m if value and unit_m else None)
    z_m, y_m, x_m = sizes
    if y_m is None or x_m is None:
        return None, ()
    return _plausible(z_m, y_m, x_m)


def _plausible(
    z_m: float | None, y_m: float, x_m: float
) -> tuple[tuple[float, float, float] | None, tuple[str, ...]]:
    if max(y_m, x_m, z_m or 0.0) > _LARGEST_M:
        return None, ()
    if z_m:
        return (z_m, y_m, x_m), ()
    return (x_m, y_m, x_m), ("the file gives no distance between pages; taken equal to x",)


def _open_folder(path: Path) -> StoredImage:
    """Read single pages in the order of the numbers in their names."""
    pages = sorted(
        (p for p in path.iterdir() if p.suffix.lower() in (".tif", ".tiff", ".png")),
        key=lambda p: [int(s) if s.isdigit() else s for s in re.split(r"(\d+)", p.name.lower())],
    )
    if len(pages) < 2:
        raise Invalid(f"{path}: a folder with {len(pages)} pages (.tif, .png); a stack needs 2")
    first = _open_page(pages[0])
    stack = np.empty((len(pages), *first.values.shape), first.values.dtype)
    for i, page in enumerate(pages):
        values = _open_page(page).values
        if values.shape != first.values.shape or values.dtype != first.values.dtype:
            raise Invalid(
                f"{page}: {' x '.join(map(str, values.shape))} {values.dtype}, but {pages[0].name} "
                f"is {' x '.join(map(str, first.values.shape))} {first.values.dtype}"
            )
        stack[i] = values
    return StoredImage(stack, first.voxel_size_m, first.notes)


def _open_page(path: Path) -> StoredImage:
    if path.suffix.lower() == ".png":
        from skimage.io import imread

        try:
            image = StoredImage(np.asarray(imread(path)))
        except (OSError, ValueError, SyntaxError) as error:
            raise Invalid(f"{path}: cannot be read as PNG ({error})") from error
    else:
        image = _open_tiff(path)
    if image.values.ndim != 2:
        raise Invalid(f"{path}: {image.values.ndim} axes; each page of a folder is one grey image")
    return image


def _open_npy(path: Path) -> StoredImage:
    try:
        return StoredImage(np.load(path, mmap_mode="r", allow_pickle=False))
    except (ValueError, EOFError, OSError) as error:
        reason = " ".join(str(error).split())
        raise Invalid(f"{path}: cannot be read as NPY ({reason})") from error


def _open_hdf5(path: Path, inside: str) -> StoredImage:
    h5py = _optional("h5py", path)
    try:
        with h5py.File(path, "r") as file:
            found: list[str] = []
            file.visititems(
                lambda name, node: found.append(name) if getattr(node, "ndim", 0) == 3 else None
            )
            chosen = _chosen(inside, found, path)
            return StoredImage(np.asarray(file[chosen]))
    except OSError as error:
        raise Invalid(f"{path}: cannot be read as HDF5 ({error})") from error


def _open_zarr(path: Path, inside: str) -> StoredImage:
    zarr = _optional("zarr", path)
    opened = zarr.open(str(path), mode="r")
    if hasattr(opened, "shape"):
        return StoredImage(np.asarray(opened))
    found = [name for name, node in opened.members(max_depth=None) if hasattr(node, "shape")]
    return StoredImage(np.asarray(opened[_chosen(inside, found, path)]))


def _optional(library: str, path: Path) -> Any:
    try:
        return importlib.import_module(library)
    except ImportError as error:
        raise Invalid(
            f"{path}: reading this format needs the package {library}, which is not installed "
            f"(pip install {library}); or save the image as TIFF or NPY"
        ) from error


def _chosen(inside: str, found: list[str], path: Path) -> str:
    """Return the dataset asked for, or the only one there is."""
    wanted = inside.strip("/")
    if wanted in found:
        return wanted
    if not wanted and len(found) == 1:
        return found[0]
    which = f"no dataset {wanted!r}" if wanted else f"{len(found)} three-dimensional datasets"
    raise Invalid(
        f"{path}: {which}; choose one as {path.name}:/NAME; there are: {', '.join(found) or 'none'}"
    )
