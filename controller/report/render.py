"""A shaded view of a voxel volume: parallel rays through the smoothed solid, pores left clear.

The surface is where the Gaussian-smoothed solid (0.7 voxels) crosses one half, so that it follows
the voxels to a fraction of their size. Light: one direction with a shadow, and an ambient part
that falls where solid surrounds the point.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SMOOTHING_VOXELS: Final = 0.7
STEP_VOXELS: Final = 0.5
SURROUNDINGS_VOXELS: Final = 4.0
SHARPNESS: Final = 6
"""How sudden the colour changes where two phases meet; infinite is a hard edge."""


@dataclass(frozen=True)
class View:
    """Where one looks from: degrees around the electrode's normal and above its plane."""

    azimuth_deg: float = 35.0
    elevation_deg: float = 28.0
    height_px: int = 560

    def axes(self) -> tuple[Floats, Floats, Floats]:
        """Return the picture's right and up and the rays' direction, each ``z y x``."""
        a, e = math.radians(self.azimuth_deg), math.radians(self.elevation_deg)
        # Axis 0 points down: the separator, at z = 0, is the upper face.
        toward = np.array(
            [-math.sin(e), math.cos(e) * math.cos(a), math.cos(e) * math.sin(a)], dtype=np.float32
        )
        right = np.array([0.0, -math.sin(a), math.cos(a)], dtype=np.float32)
        up = np.cross(right, toward).astype(np.float32)
        up = up if up[0] < 0 else -up
        return right, up, -toward


def render(
    labels: NDArray[np.uint8], colours: NDArray[np.uint8], view: View | None = None
) -> NDArray[np.uint8]:
    """Return the picture of a ``z y x`` label volume, ``height x width x RGBA``.

    ``colours`` holds one RGB row a label; label 0 is void and stays clear. The background is
    transparent, so that the picture stands on any page.
    """
    view = view or View()
    scene = _Scene(labels)
    right, up, ahead = view.axes()
    origins, height, width = _screen(scene.extent, right, up, ahead, view.height_px)
    hit, points = _first_hits(scene, origins, ahead)
    picture = np.zeros((height * width, 4), dtype=np.uint8)
    picture[hit, :3] = _shade(scene, points[hit], _lamp(right, up, ahead), colours)
    picture[hit, 3] = 255
    return picture.reshape(height, width, 4)


class _Scene:
    """The volume as fields that can be looked up between voxels."""

    def __init__(self, labels: NDArray[np.uint8]) -> None:
        from scipy.ndimage import gaussian_filter

        solid = (labels != 0).astype(np.float32)
        self.phases = {
            int(label): gaussian_filter(
                (labels == label).astype(np.float32), SMOOTHING_VOXELS, mode="nearest"
            )
            for label in np.unique(labels[labels != 0])
        }
        self.extent = np.array(labels.shape, dtype=np.float32)
        self.density = gaussian_filter(solid, SMOOTHING_VOXELS, mode="nearest")
        self.crowd = gaussian_filter(solid, SURROUNDINGS_VOXELS, mode="constant")

    def at(self, field: Floats, points: Floats) -> Floats:
        """Interpolate a field linearly at points in voxel units; the outside is void."""
        from scipy.ndimage import map_coordinates

        found: Floats = map_coordinates(
            field, points.T - 0.5, order=1, mode="nearest", prefilter=False
        )
        return found

    def colour_at(self, points: Floats, colours: NDArray[np.uint8]) -> Floats:
        """Return the RGB of the solid at each point, blended over half a voxel between phases."""
        total = np.full(len(points), 1e-9, dtype=np.float32)
        rgb = np.zeros((len(points), 3), dtype=np.float32)
        for label, field in self.phases.items():
            weight = self.at(field, points) ** SHARPNESS
            total += weight
            rgb += weight[:, None] * colours[label]
        return rgb / total[:, None]


def _screen(
    extent: Floats, right: Floats, up: Floats, ahead: Floats, height_px: int
) -> tuple[Floats, int, int]:
    """Return the ray origins of every pixel, row by row from the top left."""
    corners = np.array(np.meshgrid(*[(0.0, n) for n in extent], indexing="ij")).reshape(3, -1).T
    across, upward, deep = corners @ right, corners @ up, corners @ ahead
    pixel = float(np.ptp(upward)) / height_px
    width_px = max(1, math.ceil(float(np.ptp(across)) / pixel))
    u = across.min() + (np.arange(width_px, dtype=np.float32) + 0.5) * pixel
    v = upward.max() - (np.arange(height_px, dtype=np.float32) + 0.5) * pixel
    grid = u[None, :, None] * right + v[:, None, None] * up + (deep.min() - 1.0) * ahead
    return grid.reshape(-1, 3).astype(np.float32), height_px, width_px


def _box_span(origins: Floats, direction: Floats, extent: Floats) -> tuple[Floats, Floats]:
    """Return where each ray enters and leaves the box."""
    safe = np.where(np.abs(direction) < 1e-6, 1e-6, direction)
    first, second = (0.0 - origins) / safe, (extent - origins) / safe
    enter = np.minimum(first, second).max(axis=1)
    leave = np.maximum(first, second).min(axis=1)
    return enter.astype(np.float32), leave.astype(np.float32)


def _first_hits(
    scene: _Scene, origins: Floats, direction: Floats
) -> tuple[NDArray[np.bool_], Floats]:
    """March every ray to the first solid point; return which rays hit, and where."""
    enter, leave = _box_span(origins, direction, scene.extent)
    points = np.zeros_like(origins)
    hit = np.zeros(len(origins), dtype=bool)
    alive = np.flatnonzero(leave > enter + 1e-3)
    travel = enter[alive] + 0.01
    before = np.zeros(len(alive), dtype=np.float32)
    is_first = True
    while alive.size:
        here = origins[alive] + travel[:, None] * direction
        density = scene.at(scene.density, here)
        inside = density >= 0.5
        if inside.any():
            # Between the last two steps the surface is found by linear interpolation.
            gap = np.maximum(density[inside] - before[inside], 1e-6)
            back = 0.0 if is_first else STEP_VOXELS * (density[inside] - 0.5) / gap
            found = alive[inside]
            points[found] = origins[found] + (travel[inside] - back)[:, None] * direction
            hit[found] = True
        travel = travel + STEP_VOXELS
        keep = ~inside & (travel < leave[alive])
        alive, travel, before = alive[keep], travel[keep], density[keep]
        is_first = False
    return hit, points


def _lamp(right: Floats, up: Floats, ahead: Floats) -> Floats:
    """Return the direction to one lamp at the viewer's upper left."""
    lamp = -0.75 * ahead - 0.45 * right + 0.75 * up
    unit: Floats = (lamp / np.linalg.norm(lamp)).astype(np.float32)
    return unit


def _shade(
    scene: _Scene, points: Floats, lamp: Floats, colours: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Return the RGB of surface points."""
    normal = _normals(scene, points)
    facing = np.clip(normal @ lamp, 0.0, 1.0)
    lit = facing * (1.0 - 0.6 * _in_shadow(scene, points + 1.5 * normal, lamp))
    openness = 1.0 - np.clip(1.25 * scene.at(scene.crowd, points + 2.5 * normal), 0.0, 1.0)
    light = 0.46 + 0.20 * openness + 0.44 * lit
    rgb = scene.colour_at(points - 0.5 * normal, colours)
    shaded: NDArray[np.uint8] = np.clip(rgb * light[:, None], 0, 255).astype(np.uint8)
    return shaded


def _normals(scene: _Scene, points: Floats) -> Floats:
    """Return outward normals: the box's on its faces, else against the density's gradient."""
    gradient = np.empty_like(points)
    for axis in range(3):
        shift = np.zeros(3, dtype=np.float32)
        shift[axis] = 0.8
        gradient[:, axis] = scene.at(scene.density, points + shift) - scene.at(
            scene.density, points - shift
        )
    normal = -gradient / np.maximum(np.linalg.norm(gradient, axis=1, keepdims=True), 1e-6)
    for axis in range(3):
        for side, sign in ((0.0, -1.0), (float(scene.extent[axis]), 1.0)):
            cut = np.abs(points[:, axis] - side) < 0.05
            normal[cut] = 0.0
            normal[cut, axis] = sign
    unit: Floats = normal.astype(np.float32)
    return unit


def _in_shadow(scene: _Scene, points: Floats, lamp: Floats) -> Floats:
    """Return how much of the lamp each point misses, 0 to 1, looking 30 voxels toward it."""
    dark = np.zeros(len(points), dtype=np.float32)
    for step in range(1, 21):
        here = points + 1.5 * step * lamp
        within = ((here >= 0) & (here < scene.extent)).all(axis=1)
        if not within.any():
            break
        density = scene.at(scene.density, here[within])
        dark[within] = np.maximum(dark[within], np.clip(2.0 * density - 0.5, 0.0, 1.0))
    return dark
