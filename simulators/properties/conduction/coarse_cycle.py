"""The multigrid cycle over the small grids, compiled as a whole: calls would cost more than work.

Every grid is visited twice by the one above (a W-cycle). That is not only faster: halving merged
faces makes a coarse correction too large by up to 2, and a second visit turns an amplification λ of
at most 2 into 2λ - λ² ≤ 1, so the preconditioner stays positive definite.
"""

from __future__ import annotations

import numpy as np

from simulators.properties.compiled import Codes, Floats, Integers, kernel
from simulators.properties.conduction.checkerboard import Grid
from simulators.properties.conduction.relaxation import begin, settle
from simulators.properties.conduction.transfer import Blocks, prolong, restrict

N_VISITS = 2
N_SETTLE = 6
FACES, LOAD_RED, LOAD_BLACK, RED, SPARE, BLACK = 0, 6, 7, 8, 9, 10
N_ARRAYS = 11
"""Arrays of one colour's size that a grid owns, in this order; faces are six of them."""
NX, BLOCK_Z, BLOCK_Y, START, SIZE, SIDES = 5, 6, 7, 8, 9, 10
N_COLUMNS = 11
"""Columns of the table of grids; the first five are the grid itself."""


@kernel
def grid_of(table: Integers, depth: int) -> Grid:
    """Return the grid that a table row describes."""
    row = table[depth]
    return (row[0], row[1], row[2], row[3] != 0, row[4] != 0)


@kernel
def array_of(pool: Floats, table: Integers, depth: int, which: int) -> Floats:
    """Return one of a grid's arrays."""
    start = table[depth, START] + which * table[depth, SIZE]
    count = 6 if which == FACES else 1
    return pool[start : start + count * table[depth, SIZE]]


@kernel
def sides_of(sides: Codes, table: Integers, depth: int) -> Codes:
    """Return a grid's ``Layout.sides``."""
    plane = (table[depth, 1] + 2) * (table[depth, 2] + 2)
    start = table[depth, SIDES]
    return sides[start : start + 2 * plane].reshape(2, plane)


@kernel
def _blocks_of(pool: Floats, table: Integers, depth: int, red: int, black: int) -> Blocks:
    return (
        array_of(pool, table, depth, red),
        array_of(pool, table, depth, black),
        grid_of(table, depth),
        table[depth, NX],
        table[depth, BLOCK_Z],
        table[depth, BLOCK_Y],
    )


@kernel
def begin_level(
    pool: Floats, sides: Codes, table: Integers, depth: int, first: int, last: int
) -> None:
    """Start on a grid from zero."""
    begin(
        array_of(pool, table, depth, FACES),
        array_of(pool, table, depth, LOAD_RED),
        array_of(pool, table, depth, RED),
        sides_of(sides, table, depth),
        grid_of(table, depth),
        first,
        last,
    )


@kernel
def descend_level(
    pool: Floats, sides: Codes, table: Integers, depth: int, red: int, first: int, last: int
) -> None:
    """Relax a grid and load the one below (planes ``first`` to ``last`` of that one)."""
    restrict(
        array_of(pool, table, depth, FACES),
        array_of(pool, table, depth, LOAD_RED),
        array_of(pool, table, depth, LOAD_BLACK),
        array_of(pool, table, depth, red),
        sides_of(sides, table, depth),
        grid_of(table, depth),
        _blocks_of(pool, table, depth + 1, LOAD_RED, LOAD_BLACK),
        first,
        last,
    )


@kernel
def ascend_level(
    pool: Floats,
    sides: Codes,
    table: Integers,
    depth: int,
    red: int,
    new_red: int,
    keeps_black: bool,
    first: int,
    last: int,
) -> None:
    """Correct a grid from the one below and relax it (planes ``first`` to ``last``)."""
    prolong(
        array_of(pool, table, depth, FACES),
        array_of(pool, table, depth, LOAD_RED),
        array_of(pool, table, depth, LOAD_BLACK),
        array_of(pool, table, depth, red),
        sides_of(sides, table, depth),
        grid_of(table, depth),
        _blocks_of(pool, table, depth + 1, RED, BLACK),
        array_of(pool, table, depth, new_red),
        array_of(pool, table, depth, BLACK),
        keeps_black,
        first,
        last,
    )


@kernel
def cycle_below(pool: Floats, sides: Codes, table: Integers, top: int) -> None:
    """Approximate the correction of grid ``top`` for its load, on one thread."""
    bottom = table.shape[0] - 1
    visits = np.zeros(bottom + 1, np.int64)
    depth = top
    begin_level(pool, sides, table, depth, 0, table[depth, 0])
    while True:
        while depth < bottom:
            red = RED if visits[depth] % 2 == 0 else SPARE
            descend_level(pool, sides, table, depth, red, 0, table[depth + 1, 0])
            depth += 1
            begin_level(pool, sides, table, depth, 0, table[depth, 0])
        settle(
            array_of(pool, table, depth, FACES),
            array_of(pool, table, depth, LOAD_RED),
            array_of(pool, table, depth, LOAD_BLACK),
            array_of(pool, table, depth, RED),
            array_of(pool, table, depth, BLACK),
            sides_of(sides, table, depth),
            grid_of(table, depth),
            N_SETTLE,
        )
        while True:
            if depth == top:
                return
            depth -= 1
            is_even = visits[depth] % 2 == 0
            red, new_red = (RED, SPARE) if is_even else (SPARE, RED)
            visits[depth] += 1
            is_done = visits[depth] == N_VISITS
            ascend_level(pool, sides, table, depth, red, new_red, is_done, 0, table[depth, 0])
            if not is_done:
                break
            visits[depth] = 0
