"""Power dissipated in every layer by a potential, and what its fluxes leave unbalanced.

Whatever the potential, the energy of a field that meets the end values is at least that of the
solution (Dirichlet's principle), however far the iteration is. Everything here is in double
precision, and the red potentials are the exact averages of the black ones, so only black voxels are
unbalanced. A face between two layers is shared out by the resistance on either side; an end face
belongs to its layer. A sweep returns, plane by plane, what falls to the layer of the plane, to the
one above and to the one below, so that their sums do not depend on how planes were shared out.
"""

# mypy: disable-error-code="no-any-return"
# ruff: noqa: PLR0915
from __future__ import annotations

import numpy as np

from simulators.properties.compiled import Codes, Floats, Index, Reals, kernel
from simulators.properties.conduction.checkerboard import RIGHTWARD, Grid, sum_slots, wrap_plane
from simulators.properties.conduction.relaxation import planes_at, planes_in_ring
from simulators.properties.conduction.several_conductors import Material

OWN, ABOVE, BELOW = range(3)


def power_of_layers(planes: Reals) -> Reals:
    """Return each layer's power from the shares of all planes (`plane x OWN, ABOVE, BELOW`)."""
    layers = planes[:, OWN].copy()
    layers[1:] += planes[:-1, BELOW]
    layers[:-1] += planes[1:, ABOVE]
    return layers


@kernel
def dissipate_alike(
    red: Codes,
    black: Codes,
    u: Floats,
    r: Floats,
    sides: Codes,
    grid: Grid,
    first: int,
    last: int,
) -> Reals:
    """Return the power in the faces of planes ``first`` to ``last``; set r = load - A u.

    ``red`` and ``black`` are degrees (``one_conductor``), ``u`` and ``r`` black voxels.
    """
    nz, ny, m, _, _ = grid
    stride = m + 2
    plane = (ny + 2) * stride
    ring = np.full(3 * plane, np.nan)
    shares = np.zeros((last - first, 3))
    gathered = np.zeros((3, stride))
    for i in range(first - 1, last + 1):
        _average_alike(red, u, i, sides, ring, (i + 3) % 3 * plane, grid)
        k = i - 1
        if k < first:
            continue
        base = (k + 1) * plane
        up, here, down = planes_in_ring(k, plane)
        row = sides[(k + 1) & 1]
        gathered[:] = 0
        above, below, inner = gathered[ABOVE], gathered[BELOW], gathered[OWN]
        for j in range(1, ny + 1):
            for slot in range(stride):
                s = j * stride + slot
                own = np.float64(u[np.uintp(base + s)])
                left = ring[np.uintp(here + s - 1)]
                right = ring[np.uintp(here + s + 1)]
                is_active = black[np.uintp(base + s)] > 0
                d0 = own - ring[np.uintp(up + s)]
                d1 = own - ring[np.uintp(down + s)]
                d2 = own - ring[np.uintp(here + s - stride)]
                d3 = own - ring[np.uintp(here + s + stride)]
                d4 = own - ring[np.uintp(here + s)]
                d5 = own - (right if row[np.uintp(s)] == RIGHTWARD else left)
                d0 = _known(d0, is_active)
                d1 = _known(d1, is_active)
                d2 = _known(d2, is_active)
                d3 = _known(d3, is_active)
                d4 = _known(d4, is_active)
                d5 = _known(d5, is_active)
                r[np.uintp(base + s)] = -((d0 + d1) + (d2 + d3) + (d4 + d5))
                above[np.uintp(slot)] += d0 * d0
                below[np.uintp(slot)] += d1 * d1
                inner[np.uintp(slot)] += (d2 * d2 + d3 * d3) + (d4 * d4 + d5 * d5)
        ends = 0.0
        for end, held in ((0, 1.0), (nz - 1, 0.0)):
            if k == end:
                for s in range(stride, plane - stride):
                    drop = np.float64(u[base + s]) - held
                    if black[base + s] > 0:
                        ends += 2 * drop * drop
                        r[base + s] -= 2 * drop
                    other = np.float64(ring[here + s]) - held
                    if red[base + s] > 0:
                        ends += 2 * other * other
        to_above, to_below = 0.5 * sum_slots(above), 0.5 * sum_slots(below)
        shares[k - first, OWN] = sum_slots(inner) + ends + (to_above + to_below)
        shares[k - first, ABOVE] = to_above
        shares[k - first, BELOW] = to_below
    return shares


@kernel
def _known(drop: float, is_active: bool) -> float:
    """Return a drop, 0 where either side takes no part (NaN marks red voxels that do not)."""
    return drop if is_active and not np.isnan(drop) else 0.0


@kernel
def _average_alike(
    red: Codes, u: Floats, i: int, sides: Codes, ring: Reals, to: Index, grid: Grid
) -> None:
    """Set red plane ``i`` to the exact averages, NaN where nothing conducts."""
    stride = grid[2] + 2
    plane = (grid[1] + 2) * stride
    if i < 0 or i >= grid[0]:
        ring[to : to + plane] = np.nan
        return
    lift = 2.0 if i == 0 else 0.0
    up, here, down = planes_at(i, plane)
    row = sides[i & 1]
    for s in range(stride, plane - stride):
        left = u[np.uintp(here + s - 1)]
        right = u[np.uintp(here + s + 1)]
        beside = right if row[np.uintp(s)] == RIGHTWARD else left
        total = (
            lift
            + (np.float64(u[np.uintp(up + s)]) + np.float64(u[np.uintp(down + s)]))
            + np.float64(u[np.uintp(here + s - stride)])
            + np.float64(u[np.uintp(here + s + stride)])
            + (np.float64(u[np.uintp(here + s)]) + np.float64(beside))
        )
        degree = np.float64(red[np.uintp(here + s)])
        mean = total / degree
        ring[np.uintp(to + s)] = mean if degree > 0 else np.nan
    wrap_plane(ring, to, grid)


@kernel
def dissipate_mixed(
    material: Material,
    wide: Reals,
    u: Floats,
    r: Floats,
    sides: Codes,
    grid: Grid,
    first: int,
    last: int,
) -> Reals:
    """Do what ``dissipate_alike`` does for resistances; ``wide`` are the weights as doubles."""
    red, black, _ = material
    nz, ny, m, _, _ = grid
    wz, wy, wx = wide
    stride = m + 2
    plane = (ny + 2) * stride
    ring = np.zeros(3 * plane)
    shares = np.zeros((last - first, 3))
    gathered = np.zeros((3, stride))
    for i in range(first - 1, last + 1):
        _average_mixed(material, wide, u, i, sides, ring, (i + 3) % 3 * plane, grid)
        k = i - 1
        if k < first:
            continue
        base = (k + 1) * plane
        up, here, down = planes_in_ring(k, plane)
        row = sides[(k + 1) & 1]
        is_first, is_last = k == 0, k == nz - 1
        gathered[:] = 0
        above, below, inner = gathered[ABOVE], gathered[BELOW], gathered[OWN]
        for j in range(1, ny + 1):
            for slot in range(stride):
                s = j * stride + slot
                b = base + s
                side = row[np.uintp(s)]
                own = np.float64(u[np.uintp(b)])
                rho = np.float64(black[np.uintp(b)])
                rho0 = np.float64(red[np.uintp(b - plane)])
                rho1 = np.float64(red[np.uintp(b + plane)])
                rho_left = np.float64(red[np.uintp(b - 1)])
                rho_right = np.float64(red[np.uintp(b + 1)])
                rho5 = rho_right if side == RIGHTWARD else rho_left
                left = ring[np.uintp(here + s - 1)]
                right = ring[np.uintp(here + s + 1)]
                d0 = own - (1.0 if is_first else ring[np.uintp(up + s)])
                d1 = own - (0.0 if is_last else ring[np.uintp(down + s)])
                d2 = own - ring[np.uintp(here + s - stride)]
                d3 = own - ring[np.uintp(here + s + stride)]
                d4 = own - ring[np.uintp(here + s)]
                d5 = own - (right if side == RIGHTWARD else left)
                f0 = wz * d0 / (rho + rho0)
                f1 = wz * d1 / (rho + rho1)
                f2 = wy * d2 / (rho + np.float64(red[np.uintp(b - stride)]))
                f3 = wy * d3 / (rho + np.float64(red[np.uintp(b + stride)]))
                f4 = wx * d4 / (rho + np.float64(red[np.uintp(b)]))
                f5 = wx * d5 / (rho + rho5)
                flow = (f0 + f1) + (f2 + f3) + (f4 + f5)
                r[np.uintp(b)] = -flow if side > 0 else 0.0
                through = f0 * f0 + f1 * f1
                lateral = (f2 * d2 + f3 * d3) + (f4 * d4 + f5 * d5)
                inner[np.uintp(slot)] += lateral if side > 0 else 0.0
                inner[np.uintp(slot)] += through * rho / wz if (side > 0) & (through > 0) else 0.0
                above[np.uintp(slot)] += f0 * f0 * rho0 / wz if (side > 0) & (f0 != 0) else 0.0
                below[np.uintp(slot)] += f1 * f1 * rho1 / wz if (side > 0) & (f1 != 0) else 0.0
        ends = 0.0
        for end, held in ((0, 1.0), (nz - 1, 0.0)):
            if k == end:
                for s in range(stride, plane - stride):
                    drop = ring[here + s] - held
                    if row[s] > 0:
                        ends += wz * drop * drop / np.float64(red[base + s])
        shares[k - first, OWN] = sum_slots(inner) + ends
        shares[k - first, ABOVE] = sum_slots(above)
        shares[k - first, BELOW] = sum_slots(below)
    return shares


@kernel
def _average_mixed(
    material: Material,
    wide: Reals,
    u: Floats,
    i: int,
    sides: Codes,
    ring: Reals,
    to: Index,
    grid: Grid,
) -> None:
    """Set red plane ``i`` to the exact weighted averages, 0 where nothing conducts."""
    red, black, _ = material
    wz, wy, wx = wide
    stride = grid[2] + 2
    plane = (grid[1] + 2) * stride
    if i < 0 or i >= grid[0]:
        ring[to : to + plane] = 0
        return
    lift = 1.0 if i == 0 else 0.0
    up, here, down = planes_at(i, plane)
    row = sides[i & 1]
    for s in range(stride, plane - stride):
        side = row[np.uintp(s)]
        rho = np.float64(red[np.uintp(here + s)])
        rho_left = np.float64(black[np.uintp(here + s - 1)])
        rho_right = np.float64(black[np.uintp(here + s + 1)])
        left = np.float64(u[np.uintp(here + s - 1)])
        right = np.float64(u[np.uintp(here + s + 1)])
        c0 = wz / (rho + np.float64(black[np.uintp(up + s)]))
        c1 = wz / (rho + np.float64(black[np.uintp(down + s)]))
        c2 = wy / (rho + np.float64(black[np.uintp(here + s - stride)]))
        c3 = wy / (rho + np.float64(black[np.uintp(here + s + stride)]))
        c4 = wx / (rho + np.float64(black[np.uintp(here + s)]))
        c5 = wx / (rho + (rho_right if side == RIGHTWARD else rho_left))
        total = (
            c0 * (lift + np.float64(u[np.uintp(up + s)]))
            + c1 * np.float64(u[np.uintp(down + s)])
            + c2 * np.float64(u[np.uintp(here + s - stride)])
            + c3 * np.float64(u[np.uintp(here + s + stride)])
            + c4 * np.float64(u[np.uintp(here + s)])
            + c5 * (right if side == RIGHTWARD else left)
        )
        degree = (c0 + c1) + (c2 + c3) + (c4 + c5)
        mean = total / degree
        ring[np.uintp(to + s)] = mean if degree > 0 else 0.0
    wrap_plane(ring, to, grid)
