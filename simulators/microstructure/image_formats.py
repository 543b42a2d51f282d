"""Open image files of the formats people have, with the voxel size where the file knows it."""

from __future__ import annotations

import importlib
import re
import struct
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.errors import Invalid
from simulators.microstructure.stored_image import UNIT_M, StoredImage, VoxelSize, plausible_size
from simulators.microstructure.tiff_stack import open_tiff

FORMATS: Final = (
    "a TIFF stack (.tif, .tiff), a folder of single pages (.tif, .png), .npy, HDF5 "
    "(.h5, .h5:/dataset) or .zarr"
)


def open_image(name: str) -> StoredImage:
    """Open a file or folder by name. Raises ``Invalid`` where it cannot be read whole."""
    file, _, inside = name.partition(":/")
    path = Path(file)
    suffix = path.suffix.lower()
    try:
        is_there = path.exists()
    except OSError as error:
        raise Invalid(f"{file[:60]}…: cannot be read: {error.strerror}") from error
    if not is_there:
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
        return open_tiff(path)
    if suffix == ".npy":
        return _open_npy(path)
    raise Invalid(f"{file}: files of type {suffix or '(none)'} are not read; give {FORMATS}")


def _open_folder(path: Path) -> StoredImage:
    """Read single pages in the order of the numbers in their names."""
    pages = sorted(
        (p for p in path.iterdir() if p.suffix.lower() in (".tif", ".tiff", ".png")),
        key=lambda p: [int(s) if s.isdigit() else s for s in re.split(r"(\d+)", p.name.lower())],
    )
    if len(pages) < 2:
        raise Invalid(f"{path}: a folder with {len(pages)} pages (.tif, .png); a stack needs 2")
    _refuse_gap(pages)
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


def _refuse_gap(pages: Sequence[Path]) -> None:
    """Refuse a folder whose names count evenly, but for pages that are not there."""
    parts = [re.split(r"(\d+)", page.stem) for page in pages]
    changing = [i for i, same in enumerate(zip(*parts, strict=False)) if len(set(same)) > 1]
    if len({len(part) for part in parts}) > 1 or len(changing) != 1 or changing[0] % 2 == 0:
        return  # the names do not count
    number = [int(part[changing[0]]) for part in parts]
    step = min(b - a for a, b in pairwise(number))
    for page, a, b in zip(pages, number[:-1], number[1:], strict=False):
        if b - a != step:
            raise Invalid(
                f"{page.parent}: pages are missing between {page.name} and number {b}; the others "
                f"are {step} apart"
            )


def _open_page(path: Path) -> StoredImage:
    if path.suffix.lower() == ".png":
        from skimage.io import imread

        try:
            image = StoredImage(np.asarray(imread(path)))
        except (OSError, ValueError, SyntaxError, struct.error) as error:
            raise Invalid(f"{path}: cannot be read as PNG ({error})") from error
    else:
        image = open_tiff(path)
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
            data = file[_chosen(inside, found, path)]
            size_m, notes = _element_size(data.attrs)
            return StoredImage(data[()], size_m, notes)
    except OSError as error:
        raise Invalid(f"{path}: cannot be read as HDF5 ({error})") from error


def _element_size(attributes: Any) -> VoxelSize:
    """Return what ``element_size_um`` says (z, y, x; Fiji's HDF5 plugin and ilastik write it)."""
    sizes = np.asarray(attributes.get("element_size_um", ()), dtype=np.float64)
    if sizes.shape != (3,):
        return None, ()
    z_m, y_m, x_m = (float(size) * UNIT_M["µm"] for size in sizes)
    return plausible_size(z_m, y_m, x_m)


def _open_zarr(path: Path, inside: str) -> StoredImage:
    zarr = _optional("zarr", path)
    try:
        opened = zarr.open(str(path), mode="r")
        if hasattr(opened, "shape"):
            return StoredImage(opened[...])
        found = [name for name, node in opened.members(max_depth=None) if hasattr(node, "shape")]
        chosen = _chosen(inside, found, path)
        size_m, notes = _ome_zarr_size(opened.attrs, chosen)
        return StoredImage(opened[chosen][...], size_m, notes)
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise Invalid(f"{path}: cannot be read as zarr ({reason})") from error


def _ome_zarr_size(attributes: Any, chosen: str) -> VoxelSize:
    """Return the scale of a dataset of an OME-Zarr group (OME-NGFF 0.4 and 0.5)."""
    about = attributes.get("ome", attributes)
    for image in about.get("multiscales", ()):
        units = [UNIT_M.get(str(axis.get("unit"))) for axis in image.get("axes", ())]
        for dataset in image.get("datasets", ()):
            steps = dataset.get("coordinateTransformations", ())
            scales = [step["scale"] for step in steps if step.get("type") == "scale"]
            if dataset.get("path") != chosen or len(scales) != 1 or None in units[-3:]:
                continue
            z_m, y_m, x_m = (s * u for s, u in zip(scales[0][-3:], units[-3:], strict=True) if u)
            return plausible_size(z_m, y_m, x_m)
    return None, ()


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
