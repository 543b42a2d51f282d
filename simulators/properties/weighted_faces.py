"""Compiled kernels: voxel faces and triple edges weighted by the cosine to the smooth geometry."""

from __future__ import annotations

import numpy as np

from simulators.properties.compiled import Codes, Floats, Reals, kernel


@kernel
def weigh_faces(
    labels: Codes,
    start: int,
    stop: int,
    face_m2: Reals,
    edge_m: Reals,
    n_phases: int,
    wz: Floats,
    dz: Floats,
    wy: Floats,
    dy: Floats,
    wx: Floats,
    dx: Floats,
) -> tuple[Reals, float]:
    """Sum cosine-weighted faces and triple edges that planes start … stop − 1 own.

    Returns areas (only i < j filled) and the triple-line length. ``w*`` and ``d*`` are mean and
    slope weights (tap x position) along each axis; planes pass through a ring, so memory grows
    with a plane and not with the volume.
    """
    nz, ny, nx = labels.shape
    n_taps = wz.shape[0]
    reach = n_taps // 2
    n_fields = n_phases - 1
    ring = np.zeros((n_taps, n_fields, 3, ny, nx), np.float32)
    rows = np.zeros((3, ny, nx), np.float32)
    below = np.zeros((n_phases, 3, ny, nx), np.float32)
    here = np.zeros((n_phases, 3, ny, nx), np.float32)
    area = np.zeros((n_phases, n_phases), np.float64)
    line = 0.0
    n_ready = max(0, start - reach)
    for z in range(start, min(stop + 1, nz)):  # one plane past the end closes the last faces
        while n_ready < min(nz, z + reach + 1):
            for p in range(n_fields):
                _regress_plane(labels[n_ready], p, wy, dy, wx, dx, ring[n_ready % n_taps, p], rows)
            n_ready += 1
        below, here = here, below
        _regress_across(ring, z, nz, wz, dz, edge_m, here)
        if z > start:
            _weigh_between(labels[z - 1], labels[z], below, here, face_m2, area)
            line += _weigh_upright_edges(labels[z - 1], labels[z], below, here, edge_m)
        if z < stop:
            _weigh_within(labels[z], here, face_m2, area)
            line += _weigh_level_edges(labels[z], here, edge_m)
    return area, line


@kernel
def _regress_plane(
    labels: Codes,
    phase: int,
    wy: Floats,
    dy: Floats,
    wx: Floats,
    dx: Floats,
    out: Floats,
    rows: Floats,
) -> None:
    """Regress a phase's indicator along x, then y: ``out`` holds its mean, y-slope and x-slope."""
    ny, nx = labels.shape
    n_taps = wx.shape[0]
    reach = n_taps // 2
    rows[1:] = 0
    for y in range(ny):
        indicator, mean, slope = rows[0, y], rows[1, y], rows[2, y]
        codes = labels[y]
        for x in range(nx):
            indicator[x] = np.float32(codes[x] == phase)
        for k in range(n_taps):
            low, high = max(0, reach - k), min(nx, nx + reach - k)
            if low < high:
                source = indicator[low + k - reach : high + k - reach]
                _add_products(mean[low:high], wx[k, low:high], source)
                _add_products(slope[low:high], dx[k, low:high], source)
    out[:] = 0
    for y in range(ny):
        for k in range(max(0, reach - y), min(n_taps, ny + reach - y)):
            _add(out[0, y], wy[k, y], rows[1, y + k - reach])
            _add(out[1, y], dy[k, y], rows[1, y + k - reach])
            _add(out[2, y], wy[k, y], rows[2, y + k - reach])


@kernel
def _add_products(total: Floats, weight: Floats, source: Floats) -> None:
    for x in range(total.size):
        total[x] += weight[x] * source[x]


@kernel
def _add(total: Floats, weight: np.float32, source: Floats) -> None:
    """Add to one row at a time: a loop with more rows would not be vectorised."""
    for x in range(total.size):
        total[x] += weight * source[x]


@kernel
def _regress_across(
    ring: Floats, z: int, nz: int, wz: Floats, dz: Floats, edge_m: Reals, out: Floats
) -> None:
    """Finish the regression along z: slopes of every phase per metre; they sum to 0."""
    n_taps, n_fields, _, ny, _ = ring.shape
    reach = n_taps // 2
    smallest = edge_m.min()
    scale_z = np.float32(smallest / edge_m[0])
    scale_y = np.float32(smallest / edge_m[1])
    scale_x = np.float32(smallest / edge_m[2])
    out[:] = 0
    for p in range(n_fields):
        for y in range(ny):
            for k in range(max(0, reach - z), min(n_taps, nz + reach - z)):
                slot = ring[(z + k - reach) % n_taps, p]
                _add(out[p, 0, y], dz[k, z] * scale_z, slot[0, y])
                _add(out[p, 1, y], wz[k, z] * scale_y, slot[1, y])
                _add(out[p, 2, y], wz[k, z] * scale_x, slot[2, y])
            for c in range(3):
                _add(out[n_fields, c, y], np.float32(-1.0), out[p, c, y])


@kernel
def _weigh_between(
    low: Codes, high: Codes, below: Floats, here: Floats, face_m2: Reals, area: Reals
) -> None:
    ny, nx = low.shape
    for y in range(ny):
        for x in range(nx):
            i, j = low[y, x], high[y, x]
            if i != j:
                weight = _cosine(below, y, x, here, y, x, i, j, 0)
                area[min(i, j), max(i, j)] += face_m2[0] * weight


@kernel
def _weigh_within(labels: Codes, here: Floats, face_m2: Reals, area: Reals) -> None:
    ny, nx = labels.shape
    for y in range(ny):
        for x in range(nx):
            i = labels[y, x]
            if y + 1 < ny and labels[y + 1, x] != i:
                j = labels[y + 1, x]
                weight = _cosine(here, y, x, here, y + 1, x, i, j, 1)
                area[min(i, j), max(i, j)] += face_m2[1] * weight
            if x + 1 < nx and labels[y, x + 1] != i:
                j = labels[y, x + 1]
                weight = _cosine(here, y, x, here, y, x + 1, i, j, 2)
                area[min(i, j), max(i, j)] += face_m2[2] * weight


@kernel
def _cosine(
    a: Floats, ay: int, ax: int, b: Floats, by: int, bx: int, i: int, j: int, axis: int
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


@kernel
def _weigh_upright_edges(
    low: Codes, high: Codes, below: Floats, here: Floats, edge_m: Reals
) -> float:
    """Sum triple edges between two planes: along x where y neighbours meet, along y where x do."""
    ny, nx = low.shape
    length = 0.0
    for y in range(ny):
        for x in range(nx):
            a, c = low[y, x], high[y, x]
            if y + 1 < ny:
                b, d = low[y + 1, x], high[y + 1, x]
                if n_different(a, b, c, d) > 2:
                    p, q = _two_different(a, b, c, d)
                    along = _tangent(below, y, x, below, y + 1, x, here, y, x, here, y + 1, x, p, q)
                    length += edge_m[2] * along[2]
            if x + 1 < nx:
                b, d = low[y, x + 1], high[y, x + 1]
                if n_different(a, b, c, d) > 2:
                    p, q = _two_different(a, b, c, d)
                    along = _tangent(below, y, x, below, y, x + 1, here, y, x, here, y, x + 1, p, q)
                    length += edge_m[1] * along[1]
    return length


@kernel
def _weigh_level_edges(labels: Codes, here: Floats, edge_m: Reals) -> float:
    """Sum triple edges along z, where four voxels of one plane meet."""
    ny, nx = labels.shape
    length = 0.0
    for y in range(ny - 1):
        for x in range(nx - 1):
            a, b, c, d = labels[y, x], labels[y, x + 1], labels[y + 1, x], labels[y + 1, x + 1]
            if n_different(a, b, c, d) > 2:
                p, q = _two_different(a, b, c, d)
                along = _tangent(
                    here, y, x, here, y, x + 1, here, y + 1, x, here, y + 1, x + 1, p, q
                )
                length += edge_m[0] * along[0]
    return length


@kernel
def n_different(a: int, b: int, c: int, d: int) -> int:
    """Return how many different labels there are among four."""
    seen = (1 << a) | (1 << b) | (1 << c) | (1 << d)
    n = 0
    while seen:
        seen &= seen - 1
        n += 1
    return n


@kernel
def _two_different(a: int, b: int, c: int, d: int) -> tuple[int, int]:
    return a, b if b != a else (c if c != a else d)


@kernel
def _tangent(
    a: Floats,
    ay: int,
    ax: int,
    b: Floats,
    by: int,
    bx: int,
    c: Floats,
    cy: int,
    cx: int,
    d: Floats,
    dy: int,
    dx: int,
    p: int,
    q: int,
) -> tuple[float, float, float]:
    """Return |direction| of the line where phases p and q meet a third: along both surfaces."""
    pz = a[p, 0, ay, ax] + b[p, 0, by, bx] + c[p, 0, cy, cx] + d[p, 0, dy, dx]
    py = a[p, 1, ay, ax] + b[p, 1, by, bx] + c[p, 1, cy, cx] + d[p, 1, dy, dx]
    px = a[p, 2, ay, ax] + b[p, 2, by, bx] + c[p, 2, cy, cx] + d[p, 2, dy, dx]
    qz = a[q, 0, ay, ax] + b[q, 0, by, bx] + c[q, 0, cy, cx] + d[q, 0, dy, dx]
    qy = a[q, 1, ay, ax] + b[q, 1, by, bx] + c[q, 1, cy, cx] + d[q, 1, dy, dx]
    qx = a[q, 2, ay, ax] + b[q, 2, by, bx] + c[q, 2, cy, cx] + d[q, 2, dy, dx]
    tz = abs(py * qx - px * qy)
    ty = abs(px * qz - pz * qx)
    tx = abs(pz * qy - py * qz)
    length = np.sqrt(tz * tz + ty * ty + tx * tx)
    if length < 1e-12:
        return 1.0, 1.0, 1.0
    return tz / length, ty / length, tx / length
