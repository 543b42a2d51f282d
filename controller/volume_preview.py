"""One picture of a generated volume: a shaded 3D view, three slices and a scale bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from controller.report.picture import palette
from controller.report.png import encode_rgb
from controller.report.render import View, render
from experiments.microstructure import PHASE_LABEL
from simulators.microstructure.voxels import Labels, Voxels

_HEIGHT_PX: Final = 512
_GAP_PX: Final = 16
_LONGEST_DRAWN: Final = 128
_BAR_PX: Final = 6
_BARS_UM: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Preview:
    """A picture and what to say beside it."""

    png: bytes
    bar_um: float
    """Length that the white bar on the first slice stands for."""
    is_cropped: bool
    """The volume is larger than what is drawn of it."""


def draw_preview(voxels: Voxels) -> Preview:
    """Return the 3D view, then slices across thickness, axis 1 and axis 2, side by side.

    Slices go through the middle, or through the widest channel where there are channels.
    """
    starts = [max((n - _LONGEST_DRAWN) // 2, 0) for n in voxels.labels.shape]
    labels = np.ascontiguousarray(
        voxels.labels[tuple(slice(start, start + _LONGEST_DRAWN) for start in starts)]
    )
    has_channels = voxels.statistics.get("channel_share", 0.0) > 0.0
    colours = palette()
    view = render(labels, colours, View(height_px=_HEIGHT_PX))
    alpha = view[:, :, 3:] / 255.0
    pictures = [np.rint(view[:, :, :3] * alpha + 255.0 * (1.0 - alpha)).astype(np.uint8)]
    for axis in range(3):
        at = _most_open(labels, axis) if has_channels and axis else labels.shape[axis] // 2
        plane = colours[np.take(labels, at, axis=axis)]
        pixels = max(_HEIGHT_PX // max(plane.shape[:2]), 1)
        pictures.append(plane.repeat(pixels, axis=0).repeat(pixels, axis=1))
    bar_um = _mark_scale(pictures[1], labels.shape[2], voxels.voxel_size_m[2] * 1e6)
    return Preview(
        png=encode_rgb(_side_by_side(pictures)),
        bar_um=bar_um,
        is_cropped=labels.shape != voxels.labels.shape,
    )


def _most_open(labels: Labels, axis: int) -> int:
    """Return the plane across an axis with the largest share of pore."""
    across = tuple(k for k in range(3) if k != axis)
    return int(np.argmax(np.count_nonzero(labels == PHASE_LABEL["pore"], axis=across)))


def _mark_scale(picture: Pixels, n_voxels: int, voxel_um: float) -> float:
    """Draw a white bar on black, in place, about a quarter of the width; return its length."""
    width_um = n_voxels * voxel_um
    bar_um = max((bar for bar in _BARS_UM if bar <= 0.3 * width_um), default=_BARS_UM[0])
    length = min(round(bar_um / width_um * picture.shape[1]), picture.shape[1] - 4 * _BAR_PX)
    bottom, left = picture.shape[0] - 2 * _BAR_PX, 2 * _BAR_PX
    picture[bottom - 2 * _BAR_PX : bottom + _BAR_PX, left - _BAR_PX : left + length + _BAR_PX] = 0
    picture[bottom - _BAR_PX : bottom, left : left + length] = 255
    return bar_um


def _side_by_side(pictures: list[Pixels]) -> Pixels:
    height = max(len(picture) for picture in pictures)
    width = sum(picture.shape[1] + _GAP_PX for picture in pictures) - _GAP_PX
    canvas = np.full((height, width, 3), 255, dtype=np.uint8)
    left = 0
    for picture in pictures:
        top = (height - len(picture)) // 2
        canvas[top : top + len(picture), left : left + picture.shape[1]] = picture
        left += picture.shape[1] + _GAP_PX
    return canvas
