"""The coarser grids of the preconditioner: build them, and run one cycle over them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulators.properties.compiled import Codes, Floats, Integers, Reals
from simulators.properties.conduction import coarse_cycle as cycle
from simulators.properties.conduction.checkerboard import Layout, wrap_planes
from simulators.properties.conduction.memory import Memory
from simulators.properties.conduction.merged_faces import (
    Block,
    merge_faces,
    merge_flags,
    merge_resistances,
)
from simulators.properties.conduction.transfer import Blocks
from simulators.properties.slabs import run_slabs

SMALL = 1 << 17
"""Grids with fewer values than this run on one thread, compiled as a whole."""
COARSEST = 4
"""Longest side of the grid that is relaxed until it is solved, near enough."""
WIDEST = 1.5
"""An axis whose spacing is this much wider than the narrowest is not merged further."""


@dataclass(frozen=True)
class Hierarchy:
    """All coarser grids: pools of values and sides, and a table of where each grid's are."""

    pool: Floats
    sides: Codes
    table: Integers
    layouts: tuple[Layout, ...]
    n_threads: int

    def run_cycle(self, depth: int = 0) -> None:
        """Approximate the correction of the grid at ``depth`` for its load."""
        layout = self.layouts[depth]
        common = (self.pool, self.sides, self.table, depth)
        if layout.size < SMALL or depth == len(self.layouts) - 1:
            cycle.cycle_below(*common)
            return
        red, new_red = cycle.RED, cycle.SPARE
        run_slabs(cycle.begin_level, layout.nz, self.n_threads, *common)
        for visit in range(cycle.N_VISITS):
            n_below = self.layouts[depth + 1].nz
            run_slabs(cycle.descend_level, n_below, self.n_threads, *common, red)
            self.run_cycle(depth + 1)
            is_last = visit == cycle.N_VISITS - 1
            run_slabs(
                cycle.ascend_level,
                layout.nz,
                self.n_threads,
                *common,
                red,
                new_red,
                is_last,
            )
            red, new_red = new_red, red

    def array(self, which: int, depth: int = 0) -> Floats:
        """Return one of a grid's arrays (names in ``coarse_cycle``)."""
        start = self.table[depth, cycle.START] + which * self.table[depth, cycle.SIZE]
        count = 6 if which == cycle.FACES else 1
        return self.pool[start : start + count * self.table[depth, cycle.SIZE]]

    def blocks(self, red: int, black: int) -> Blocks:
        """Return the first coarse grid with two of its arrays, as transfers take it."""
        row = self.table[0]
        return (
            self.array(red),
            self.array(black),
            self.layouts[0].grid,
            self.layouts[0].nx,
            int(row[cycle.BLOCK_Z]),
            int(row[cycle.BLOCK_Y]),
        )


def build_hierarchy(
    finest: Layout,
    weights: Reals,
    red: Codes | Floats,
    black: Codes | Floats,
    n_threads: int,
    memory: Memory,
) -> Hierarchy:
    """Merge the finest grid (flags, or half-voxel resistances) into ever coarser grids."""
    layouts, blocks = _plan(finest, 1 / np.sqrt(weights))
    table = np.zeros((len(layouts), cycle.N_COLUMNS), np.int64)
    start = n_sides = 0
    for depth, (layout, block) in enumerate(zip(layouts, blocks, strict=True)):
        table[depth] = (*layout.grid, layout.nx, block[0], block[1], start, layout.size, n_sides)
        start += cycle.N_ARRAYS * layout.size
        n_sides += 2 * layout.plane
    hierarchy = Hierarchy(
        memory.zeros(start),
        np.concatenate([layout.sides().reshape(-1) for layout in layouts]),
        table,
        tuple(layouts),
        n_threads,
    )
    narrow = weights.astype(np.float32)
    merge = merge_flags if red.dtype == np.uint8 else merge_resistances
    for depth, (layout, block) in enumerate(zip(layouts, blocks, strict=True)):
        faces = hierarchy.array(cycle.FACES, depth)
        threads = n_threads if layout.size > SMALL else 1
        target = (faces, layout.grid, layout.nx)
        if depth == 0:
            run_slabs(
                merge,
                layout.nz,
                threads,
                red,
                black,
                narrow,
                finest.grid,
                block,
                *target,
            )
        else:
            above = hierarchy.array(cycle.FACES, depth - 1)
            run_slabs(
                merge_faces,
                layout.nz,
                threads,
                above,
                layouts[depth - 1].grid,
                block,
                *target,
            )
        if layout.is_periodic:
            for face in np.split(faces, 6):
                wrap_planes(face, layout.grid, 0, layout.nz)
    return hierarchy


def _plan(finest: Layout, spacing: Reals) -> tuple[list[Layout], list[Block]]:
    layouts: list[Layout] = []
    blocks: list[Block] = []
    parent = finest
    while not layouts or max(parent.nz, parent.ny, parent.nx) > COARSEST:
        size = (parent.nz, parent.ny, parent.nx)
        narrowest = min((h for h, n in zip(spacing, size, strict=True) if n > 1), default=1.0)
        keep = spacing > WIDEST * narrowest
        merged = np.array([1 if keep[0] else 2, 1 if keep[1] else 2, 2])
        scale = [1 / b if n > 1 else 1.0 for b, n in zip(merged, size, strict=True)]
        blocks.append((int(merged[0]), int(merged[1]), scale[0], scale[1], scale[2]))
        parent = _merged(parent, merged)
        layouts.append(parent)
        spacing = spacing * merged
    return layouts, blocks


def _merged(parent: Layout, block: Integers) -> Layout:
    nz, ny, nx = (
        -(-n // int(b)) for n, b in zip((parent.nz, parent.ny, parent.nx), block, strict=True)
    )
    if parent.is_periodic_y and ny > 1:
        ny -= ny % 2
    if parent.is_periodic_x and nx > 1:
        nx -= nx % 2
    return Layout(nz, ny, nx, parent.is_periodic_y and ny > 1, parent.is_periodic_x and nx > 1)
