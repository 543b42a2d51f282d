"""The best microstructure beside the baseline's, at one scale: a 3D view and three slices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from controller.quantity import three
from controller.report.figure import Picture
from controller.report.png import data_uri, encode_palette, encode_rgb
from controller.report.render import View, render
from controller.report.tokens import PHASES
from experiments.microstructure import PHASE_LABEL

MAX_VOXELS: Final = 128
"""Longest edge that is drawn; a larger volume is cropped around its middle."""
MAX_HEIGHT_PX: Final = 560
PIXELS_PER_VOXEL: Final = 8
_PLANES: Final = (
    ("through the electrode", 1),
    ("through the electrode, turned 90°", 2),
    ("along the electrode", 0),
)


@dataclass(frozen=True)
class Volume:
    """A label volume (``z y x``, axis 0 from separator to collector) and what it belongs to."""

    name: str
    labels: NDArray[np.uint8]
    voxel_size_m: float


@dataclass(frozen=True)
class Portrait:
    """One electrode's pictures."""

    name: str
    edge: str
    """Physical size, e.g. ``38.4 × 38.4 × 38.4 µm``."""
    view: Picture
    slices: tuple[Picture, ...]
    scale_um: float
    """Length of the scale bar."""
    scale_percent: float
    """Its share of a slice's width."""

    @property
    def caption(self) -> str:
        """Return what the pictures show."""
        return f"{self.edge}, the separator above and the current collector below"

    @property
    def scale_text(self) -> str:
        """Return the scale bar's length."""
        return f"{self.scale_um:g} µm"


def portraits(volumes: list[Volume]) -> list[Portrait]:
    """Return every electrode's pictures, cropped to a common physical size."""
    if not volumes:
        return []
    edge_m = min(min(*one.labels.shape, MAX_VOXELS) * one.voxel_size_m for one in volumes)
    return [_portrait(_cropped(one, edge_m), n) for n, one in enumerate(volumes)]


def slice_png(labels: NDArray[np.uint8]) -> bytes:
    """Return the middle slice through the electrode, separator above, in the phases' colours."""
    return encode_palette(labels[:, labels.shape[1] // 2], palette())


def palette() -> NDArray[np.uint8]:
    """Return one RGB row a label."""
    rows = sorted((label, PHASES[name]) for name, label in PHASE_LABEL.items())
    return np.array(
        [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for _, colour in rows], dtype=np.uint8
    )


def _cropped(volume: Volume, edge_m: float) -> Volume:
    n = max(1, round(edge_m / volume.voxel_size_m))
    starts = [max(0, (size - n) // 2) for size in volume.labels.shape]
    cut = volume.labels[tuple(slice(start, start + n) for start in starts)]
    return Volume(volume.name, np.ascontiguousarray(cut), volume.voxel_size_m)


def _portrait(volume: Volume, number: int) -> Portrait:
    size = " × ".join(three(n * volume.voxel_size_m * 1e6) for n in volume.labels.shape) + " µm"
    height_px = min(MAX_HEIGHT_PX, PIXELS_PER_VOXEL * max(volume.labels.shape))
    picture = render(volume.labels, palette(), View(height_px=height_px))
    view = Picture(
        id=f"view-{number}",
        title=volume.name,
        caption=volume.name,
        alt=(
            f"3D view of the {volume.name} electrode: active material amber, binder green, pores "
            "empty"
        ),
        uri=data_uri(encode_rgb(picture)),
        width_px=picture.shape[1],
        height_px=picture.shape[0],
    )
    slices = tuple(_slice(volume, number, axis, words) for words, axis in _PLANES)
    edge_um = volume.labels.shape[1] * volume.voxel_size_m * 1e6
    scale_um = max(step for step in (1, 2, 5, 10, 20, 50) if step <= max(edge_um / 2, 1))
    return Portrait(volume.name, size, view, slices, scale_um, round(100 * scale_um / edge_um, 2))


def _slice(volume: Volume, number: int, axis: int, words: str) -> Picture:
    labels = np.take(volume.labels, volume.labels.shape[axis] // 2, axis=axis)
    height, width = labels.shape
    return Picture(
        id=f"slice-{number}-{axis}",
        title=words,
        caption=words,
        alt=f"Slice {words} of {volume.name}: pore dark, active material amber, binder green",
        uri=data_uri(encode_palette(labels, palette())),
        width_px=width,
        height_px=height,
        is_pixelated=True,
    )
