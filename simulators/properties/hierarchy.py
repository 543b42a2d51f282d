"""The multigrid cycle that preconditions the solver, on grids of merged faces.

One cycle is symmetric: red then black relaxation before, black then red after, piecewise constant
transfer both ways, coarse faces summed and divided by the longer distance. From the second grid on
every grid is visited twice (a W-cycle), which costs little and keeps the number of iterations
nearly independent of size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulators.properties import coarse_levels
from simulators.properties.checkerboard import Layout, wrap
from simulators.properties.compiled import Floats
from simulators.properties.slabs import run_slabs

SMALL = 1 << 15
"""Grids with fewer voxels than this run on one thread: starting two would cost more."""
N_FINAL_SWEEPS = 4


@dataclass(frozen=True)
class Level:
    """One coarse grid: its layout, faces, load and correction, and how its parent merges into it.

    Arrays are stored by colour, as ``checkerboard`` lays them out.
    """

    layout: Layout
    block: tuple[int, int, int]
    n_threads: int
    faces: Floats
    load_red: Floats
    load_black: Floats
    red: Floats
    black: Floats


def build_levels(
    finest: Layout, weights: Floats, rho_red: Floats, rho_black: Floats, n_threads: int
) -> list[Level]:
    """Merge the finest grid's half-voxel resistances into ever coarser grids."""
    levels: list[Level] = []
    parent, spacing = finest, 1 / np.sqrt(weights.astype(float))
    while not levels or max(parent.nz, parent.ny, parent.nx) > 2:
        block = _choose_block(parent, spacing)
        layout = _merge_layout(parent, block)
        scales = np.array(
            [
                1 / b if n > 1 else 1.0
                for b, n in zip(block, (parent.nz, parent.ny, parent.nx), strict=True)
            ],
            np.float32,
        )
        faces = np.zeros(6 * layout.size, np.float32)
        target = (
            faces,
            layout.ny,
            layout.nx,
            scales,
            layout.is_periodic_y,
            layout.is_periodic_x,
            parent.nx,
        )
        threads = n_threads if layout.size > SMALL else 1
        if not levels:
            run_slabs(
                coarse_levels.merge_resistances,
                layout.nz,
                threads,
                rho_red,
                rho_black,
                weights,
                parent.ny,
                parent.slots,
                parent.nz,
                block[0],
                block[1],
                *target,
            )
        else:
            run_slabs(
                coarse_levels.merge_faces,
                layout.nz,
                threads,
                levels[-1].faces,
                parent.nz,
                parent.ny,
                parent.slots,
                block[0],
                block[1],
                *target,
            )
        if layout.is_periodic_y or layout.is_periodic_x:
            for face in np.split(faces, 6):
                _wrap(layout, face)
        values = [layout.zeros() for _ in range(4)]
        levels.append(Level(layout, block, threads, faces, *values))
        spacing = spacing * block
        parent = layout
    return levels


def _choose_block(layout: Layout, spacing: np.ndarray) -> tuple[int, int, int]:
    """Merge two voxels along every axis, but leave an axis whose spacing is already the widest."""
    near = [h for h, n in zip(spacing, (layout.nz, layout.ny, layout.nx), strict=True) if n > 1]
    limit = 1.5 * min(near, default=1.0)
    keep_z = spacing[0] > limit and layout.ny * layout.nx > 1
    keep_y = spacing[1] > limit and layout.nz * layout.nx > 1
    return (1 if keep_z else 2, 1 if keep_y else 2, 2)


def _merge_layout(parent: Layout, block: tuple[int, int, int]) -> Layout:
    ny, nx = -(-parent.ny // block[1]), -(-parent.nx // block[2])
    if parent.is_periodic_y and ny > 1:
        ny -= ny % 2
    if parent.is_periodic_x and nx > 1:
        nx -= nx % 2
    return Layout(
        -(-parent.nz // block[0]),
        ny,
        nx,
        parent.is_periodic_y and ny > 1,
        parent.is_periodic_x and nx > 1,
    )


def _wrap(layout: Layout, values: Floats) -> None:
    if layout.is_periodic_y or layout.is_periodic_x:
        wrap(
            values,
            layout.ny,
            layout.slots,
            layout.is_periodic_y,
            layout.is_periodic_x,
            0,
            layout.nz,
        )


def run_cycle(levels: list[Level], depth: int = 0) -> None:
    """Approximate the correction of ``levels[depth]`` for its load."""
    level = levels[depth]
    layout = level.layout
    run_slabs(
        coarse_levels.begin,
        layout.nz,
        level.n_threads,
        level.faces,
        level.load_red,
        level.red,
        layout.ny,
        layout.slots,
    )
    _wrap(layout, level.red)
    if depth == len(levels) - 1:
        for _ in range(N_FINAL_SWEEPS):
            _relax(level, is_black=True)
            _relax(level, is_black=False)
        return
    below = levels[depth + 1]
    for _ in range(2):
        _relax(level, is_black=True)
        run_slabs(
            coarse_levels.gather,
            below.layout.nz,
            below.n_threads,
            level.faces,
            level.load_red,
            level.red,
            level.black,
            layout.nz,
            layout.ny,
            layout.slots,
            below.block[0],
            below.block[1],
            below.load_red,
            below.load_black,
            below.layout.ny,
            below.layout.nx,
        )
        run_cycle(levels, depth + 1)
        run_slabs(
            coarse_levels.spread,
            layout.nz,
            level.n_threads,
            below.red,
            below.black,
            below.layout.ny,
            below.layout.nx,
            below.block[0],
            below.block[1],
            level.red,
            False,
            layout.ny,
            layout.slots,
        )
        _wrap(layout, level.red)
        _relax(level, is_black=True)
        _relax(level, is_black=False)


def _relax(level: Level, *, is_black: bool) -> None:
    layout = level.layout
    load, given, target = (
        (level.load_black, level.red, level.black)
        if is_black
        else (level.load_red, level.black, level.red)
    )
    run_slabs(
        coarse_levels.relax,
        layout.nz,
        level.n_threads,
        level.faces,
        is_black,
        load,
        given,
        target,
        layout.ny,
        layout.slots,
    )
    _wrap(layout, target)
