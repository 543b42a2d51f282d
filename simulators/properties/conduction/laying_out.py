"""Turn the percolating part of a structure into the finest grid and its coarser ones."""

from __future__ import annotations

import numpy as np

from simulators.properties.compiled import Codes, Floats, Labels, Reals
from simulators.properties.conduction.alike_grid import AlikeGrid
from simulators.properties.conduction.checkerboard import Layout, join_colours, wrap_planes
from simulators.properties.conduction.conductivity_table import ConductivityTable
from simulators.properties.conduction.hierarchy import build_hierarchy
from simulators.properties.conduction.memory import Memory
from simulators.properties.conduction.mixed_grid import MixedGrid
from simulators.properties.conduction.painting import (
    count_neighbours,
    paint_flags,
    paint_resistances,
)
from simulators.properties.conduction.road import Road
from simulators.properties.percolation import Runs
from simulators.properties.slabs import run_slabs


def make_even(labels: Labels) -> Labels:
    """Double a periodic side of odd length: two colours need an even number of voxels around."""
    copies = (1, *(2 if n % 2 and n > 1 else 1 for n in labels.shape[1:]))
    return np.tile(labels, copies) if max(copies) > 1 else labels


def plan_layout(
    table: ConductivityTable,
    runs: Runs,
    spacing_m: Reals,
    *,
    is_periodic: bool,
    n_threads: int,
    memory: Memory,
) -> tuple[Road, Layout]:
    """Return what every grid is laid out from; periodic sides must be of even length (or 1)."""
    nz, ny, nx = table.labels.shape
    layout = Layout(nz, ny, nx, is_periodic and ny > 1, is_periodic and nx > 1)
    weights = (spacing_m[0] / spacing_m) ** 2
    road = Road(runs, table.labels, table.values, weights, is_periodic, n_threads, memory)
    return road, layout


def lay_out(road: Road, layout: Layout) -> AlikeGrid | MixedGrid:
    """Lay a structure out for the compiled kernels."""
    if road.is_alike:
        return _lay_out_alike(road, layout)
    return _lay_out_mixed(road, layout)


def dense_resistances(road: Road, layout: Layout) -> Floats:
    """Return half-voxel resistances (`z x y x x`), infinite for voxels that take no part."""
    colours = _paint_resistances(road, layout)
    dense = np.empty((layout.nz, layout.ny, layout.nx), np.float32)
    run_slabs(join_colours, layout.nz, road.n_threads, *colours, dense)
    return dense


def _lay_out_alike(road: Road, layout: Layout) -> AlikeGrid:
    nz, runs, n_threads = layout.nz, road.runs, road.n_threads
    flags = [np.zeros(layout.size, np.uint8) for _ in range(2)]
    rows = (runs.row_start, runs.span, runs.touches)
    run_slabs(paint_flags, nz, n_threads, *rows, *flags, layout.ny, layout.nx)
    _wrap(layout, flags)
    hierarchy = build_hierarchy(layout, road.weights, flags[0], flags[1], n_threads, road.memory)
    degrees = [np.zeros(layout.size, np.uint8) for _ in range(2)]
    for colour in (0, 1):
        both = (flags[colour], flags[1 - colour], colour, degrees[colour])
        run_slabs(count_neighbours, nz, n_threads, *both, layout.grid)
    room = road.memory.zeros(2 * layout.size)
    common = (layout, layout.sides(), hierarchy, road, n_threads, room)
    return AlikeGrid(*common, degrees[0], degrees[1])


def _lay_out_mixed(road: Road, layout: Layout) -> MixedGrid:
    n_threads = road.n_threads
    colours = _paint_resistances(road, layout)
    for colour in colours:
        colour[: layout.plane] = 0
        colour[-layout.plane :] = 0
    _wrap(layout, colours)
    hierarchy = build_hierarchy(
        layout, road.weights, colours[0], colours[1], n_threads, road.memory
    )
    material = (colours[0], colours[1], road.weights.astype(np.float32))
    room = road.memory.zeros(2 * layout.size)
    grid = MixedGrid(layout, layout.sides(), hierarchy, road, n_threads, room, material)
    grid.invert()
    return grid


def _paint_resistances(road: Road, layout: Layout) -> list[Floats]:
    with np.errstate(divide="ignore"):
        rho_of_label = (0.5 * road.values.max() / road.values).astype(np.float32)
    colours = [road.memory.zeros(layout.size) for _ in range(2)]
    for colour in colours:
        colour.fill(np.inf)
    runs = road.runs
    rows = (runs.row_start, runs.span, runs.touches)
    target = (rho_of_label, *colours)
    run_slabs(paint_resistances, layout.nz, road.n_threads, road.labels, *rows, *target)
    return colours


def _wrap(layout: Layout, colours: list[Codes] | list[Floats]) -> None:
    if layout.is_periodic:
        for colour in colours:
            wrap_planes(colour, layout.grid, 0, layout.nz)


def dense_potential(
    layout: Layout, red: Floats, black: Floats, shape: tuple[int, ...], n_threads: int
) -> Floats:
    """Bring both colours together; ``shape`` is the structure's, where a side was doubled."""
    dense = np.empty((layout.nz, layout.ny, layout.nx), np.float32)
    run_slabs(join_colours, layout.nz, n_threads, red, black, dense)
    return dense[:, : shape[1], : shape[2]]
