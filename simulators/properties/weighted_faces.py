"""Compiled kernels: faces of a voxel image weighted by the cosine to the local surface normal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulators.properties.compiled import kernel

Plane = NDArray[np.float32]
Field = NDArray[np.float32]


@kernel
def _filter_plane(  # noqa: PLR0917
    indicator: Plane,
    wy: Plane,
    dy: Plane,
    wx: Plane,
    dx: Plane,
    smooth: Plane,
    slope_y: Plane,
    slope_x: Plane,
    row_s: Plane,
    row_d: Plane,
) -> None:
    """Regress one plane along x, then along y: smoothed value and both in-plane slopes."""
    ny, nx = indicator.shape
    reach = wx.shape[0] // 2
    row_s[:] = 0
    row_d[:] = 0
    for k in range(wx.shape[0]):
        low, high = max(0, reach - k), min(nx, nx + reach - k)
        for y in range(ny):
            for x in range(low, high):
                value = indicator[y, x + k - reach]
                row_s[y, x] += wx[k, x] * value
                row_d[y, x] += dx[k, x] * value
    smooth[:] = 0
    slope_y[:] = 0
    slope_x[:] = 0
    for y in range(ny):
        for k in range(max(0, reach - y), min(wy.shape[0], ny + reach - y)):
            w, d = wy[k, y], dy[k, y]
            source = y + k - reach
            for x in range(nx):
                smooth[y, x] += w * row_s[source, x]
                slope_y[y, x] += d * row_s[source, x]
                slope_x[y, x] += w * row_d[source, x]


@kernel
def weigh_faces(  # noqa: PLR0912, PLR0917
    labels: NDArray[np.uint8],
    start: int,
    stop: int,
    face_m2: NDArray[np.float64],
    spacing: Plane,
    n_phases: int,
    wz: Plane,
    dz: Plane,
    wy: Plane,
    dy: Plane,
    wx: Plane,
    dx: Plane,
) -> NDArray[np.float64]:
    """Sum cosine-weighted faces owned by planes start … stop − 1; only i < j entries are filled.

    ``w*`` and ``d*`` are mean and slope weights (tap x position) along each axis; planes pass
    through a ring, so memory grows with a plane and not with the volume.
    """
    nz, ny, nx = labels.shape
    n_taps = wz.shape[0]
    reach = n_taps // 2
    n_fields = n_phases - 1
    ring = np.zeros((n_taps, n_fields, 3, ny, nx), np.float32)
    indicator = np.zeros((ny, nx), np.float32)
    row_s = np.zeros((ny, nx), np.float32)
    row_d = np.zeros((ny, nx), np.float32)
    here = np.zeros((n_phases, 3, ny, nx), np.float32)
    above = np.zeros((n_phases, 3, ny, nx), np.float32)
    area = np.zeros((n_phases, n_phases), np.float64)
    n_ready = max(0, start - reach)
    for z in range(start, min(stop + 1, nz)):  # one plane past the end closes the last faces
        while n_ready < min(nz, z + reach + 1):
            for p in range(n_fields):
                for y in range(ny):
                    for x in range(nx):
                        indicator[y, x] = 1.0 if labels[n_ready, y, x] == p else 0.0
                slot = ring[n_ready % n_taps, p]
                _filter_plane(indicator, wy, dy, wx, dx, slot[0], slot[1], slot[2], row_s, row_d)
            n_ready += 1
        here, above = above, here
        above[:] = 0
        for k in range(max(0, reach - z), min(n_taps, nz + reach - z)):
            w, d = wz[k, z], dz[k, z]
            for p in range(n_fields):
                slot = ring[(z + k - reach) % n_taps, p]
                for y in range(ny):
                    for x in range(nx):
                        above[p, 0, y, x] += d * slot[0, y, x]
                        above[p, 1, y, x] += w * slot[1, y, x]
                        above[p, 2, y, x] += w * slot[2, y, x]
        for p in range(n_fields):
            for y in range(ny):
                for x in range(nx):
                    for c in range(3):
                        above[p, c, y, x] /= spacing[c]
                        above[n_fields, c, y, x] -= above[p, c, y, x]
        if z > start:
            for y in range(ny):
                for x in range(nx):
                    i, j = labels[z - 1, y, x], labels[z, y, x]
                    if i != j:
                        area[min(i, j), max(i, j)] += face_m2[0] * _cosine(
                            here, y, x, above, y, x, i, j, 0
                        )
        if z < stop:
            for y in range(ny):
                for x in range(nx):
                    i = labels[z, y, x]
                    if y + 1 < ny and labels[z, y + 1, x] != i:
                        j = labels[z, y + 1, x]
                        area[min(i, j), max(i, j)] += face_m2[1] * _cosine(
                            above, y, x, above, y + 1, x, i, j, 1
                        )
                    if x + 1 < nx and labels[z, y, x + 1] != i:
                        j = labels[z, y, x + 1]
                        area[min(i, j), max(i, j)] += face_m2[2] * _cosine(
                            above, y, x, above, y, x + 1, i, j, 2
                        )
    return area


@kernel
def _cosine(  # noqa: PLR0917
    a: Field,
    ay: int,
    ax: int,
    b: Field,
    by: int,
    bx: int,
    i: int,
    j: int,
    axis: int,
) -> float:
    """Return |cos| between a face's axis and the normal from phase i to phase j around the face.

    The difference of both phases' slopes is used: beside a thin film the thick neighbour leads.
    """
    gz = a[i, 0, ay, ax] + b[i, 0, by, bx] - a[j, 0, ay, ax] - b[j, 0, by, bx]
    gy = a[i, 1, ay, ax] + b[i, 1, by, bx] - a[j, 1, ay, ax] - b[j, 1, by, bx]
    gx = a[i, 2, ay, ax] + b[i, 2, by, bx] - a[j, 2, ay, ax] - b[j, 2, by, bx]
    length = np.sqrt(gz * gz + gy * gy + gx * gx)
    along = gz if axis == 0 else (gy if axis == 1 else gx)
    return abs(along) / length if length > 1e-12 else 1.0
