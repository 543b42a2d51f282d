"""How a spanning tree grows: from branch to branch, over the best conducting faces first.

What is compiled into another kernel stays in that kernel's file: a cached kernel does not notice a
change elsewhere.
"""

# ruff: noqa: PLR0912
from __future__ import annotations

import numpy as np

from simulators.properties.compiled import Codes, Index, Integers, inlined, kernel

ABOVE, BELOW, BEFORE, BEHIND, LEFT, RIGHT, FRONT_END, BACK_END = range(8)
"""Where a run drains: plane - 1, plane + 1, row - 1, row + 1, beside it in its row, or an end."""
RUN, ROW, LOW, EXIT = range(4)
N_COLUMNS = 4
"""A branch: its run and row, the first voxel that drains straight on, and ``N_SIDES`` times the one
after the last such voxel, plus the side they drain to (four bytes each: there are many runs)."""
N_SIDES = 8
Size = tuple[int, int, int, bool, bool]
"""Planes, rows, columns, whether faces differ in class, whether sides are periodic."""


@kernel
def grow_halves(
    row_start: Integers,
    span: Integers,
    kind: Codes,
    is_open: Codes,
    classes: Codes,
    phases: Codes,
    branches: Integers,
    size: Size,
    n_open: Integers,
    grown: Integers,
    first: int,
    last: int,
) -> None:
    """Grow half 0 from the front end, half 1 from the back end, each within its planes."""
    nz, ny = size[0], size[1]
    everywhere = np.array([0, nz * ny], np.int64)
    for half in range(first, last):
        start = 0 if half == 0 else n_open[0]
        low, high = (0, nz // 2) if half == 0 else (nz // 2, nz)
        end = 0 if half == 0 else nz - 1
        side = FRONT_END if half == 0 else BACK_END
        n = start
        for row in range(end * ny, (end + 1) * ny):
            for run in range(row_start[row], row_start[row + 1]):
                if is_open[run]:
                    is_open[run] = 0
                    _add(branches, n, row, run, span[run, 0], span[run, 1], side)
                    n += 1
        n = grow(
            row_start,
            span,
            kind,
            is_open,
            classes,
            phases,
            branches,
            size,
            low,
            high,
            start,
            n,
            everywhere,
        )
        grown[half] = n - start


@inlined
def _add(
    branches: Integers,
    n: Index,
    row: Index,
    run: Index,
    low: Index,
    high: Index,
    side: int,
) -> None:
    branches[n, RUN] = run
    branches[n, ROW] = row
    branches[n, LOW] = low
    branches[n, EXIT] = high * N_SIDES + side


@kernel
def grow(
    row_start: Integers,
    span: Integers,
    kind: Codes,
    is_open: Codes,
    classes: Codes,
    phases: Codes,
    branches: Integers,
    size: Size,
    low_plane: int,
    high_plane: int,
    start: Index,
    n: Index,
    shore: Integers,
) -> Index:
    """Grow from branches ``start`` to ``n`` within planes; return how many there are then.

    Of the first branches only those in rows ``shore[0]`` to ``shore[1]`` can reach anything.
    Per class, best first: every branch reaches out over faces of that class; whatever it reaches
    first reaches out over all better classes, until nothing better is left.
    """
    n_first = n
    for phase in phases:
        at = start
        fresh = n
        while at < n:
            if fresh < n and phase > 0:
                me, best, worst = fresh, np.int64(0), np.int64(phase) - 1
                fresh += 1
            else:
                me, best, worst = at, np.int64(phase), np.int64(phase)
                at += 1
                if me < n_first and not shore[0] <= branches[me, ROW] < shore[1]:
                    continue
            n = _reach_rows(
                row_start,
                span,
                kind,
                is_open,
                classes,
                branches,
                size,
                low_plane,
                high_plane,
                me,
                best,
                worst,
                n,
            )
            n = _reach_beside(
                row_start, span, kind, is_open, classes, branches, size, me, best, worst, n
            )
    return n


@inlined
def _reach_rows(
    row_start: Integers,
    span: Integers,
    kind: Codes,
    is_open: Codes,
    classes: Codes,
    branches: Integers,
    size: Size,
    low_plane: int,
    high_plane: int,
    me: Index,
    best: Index,
    worst: Index,
    n: Index,
) -> Index:
    """Append what branch ``me`` reaches in the four rows around its own."""
    _, ny, _, is_graded, periodic = size
    run = branches[me, RUN]
    here = np.int64(branches[me, ROW])
    begin, stop = span[run, 0], span[run, 1]
    i = np.int64(np.uint32(here) // np.uint32(ny))
    j = here - i * ny
    for way in range(4):
        axis = 0 if way < 2 else 1
        if way == ABOVE:
            is_there, other = bool(i + 1 < high_plane), here + ny
        elif way == BELOW:
            is_there, other = bool(i > low_plane), here - ny
        elif way == BEFORE:
            is_there, other = bool(j < ny - 1 or periodic), here + 1 if j < ny - 1 else here - j
        else:
            is_there, other = bool(j > 0 or periodic), here - 1 if j > 0 else here + ny - 1
        if not is_there:
            continue
        low, end = row_start[other], row_start[other + 1]
        high = end
        while low < high:
            middle = (low + high) // 2
            if span[middle, 1] <= begin:
                low = middle + 1
            else:
                high = middle
        while low < end and span[low, 0] < stop:
            if is_open[low]:
                face: Index = 0
                if is_graded:
                    face = np.int64(classes[axis, kind[run] - 1, kind[low] - 1])
                if best <= face <= worst:
                    is_open[low] = 0
                    _add(
                        branches,
                        n,
                        other,
                        low,
                        max(begin, span[low, 0]),
                        min(stop, span[low, 1]),
                        way,
                    )
                    n += 1
            low += 1
    return n


@inlined
def _reach_beside(
    row_start: Integers,
    span: Integers,
    kind: Codes,
    is_open: Codes,
    classes: Codes,
    branches: Integers,
    size: Size,
    me: Index,
    best: Index,
    worst: Index,
    n: Index,
) -> Index:
    """Append the runs that touch branch ``me`` in its own row."""
    _, _, nx, is_graded, periodic = size
    run = branches[me, RUN]
    here = branches[me, ROW]
    head, tail = row_start[here], row_start[here + 1] - 1
    is_ring = periodic and span[head, 0] == 0 and span[tail, 1] == nx
    for way in (LEFT, RIGHT):
        step = 1 if way == LEFT else -1
        edge, beside = (tail, head) if way == LEFT else (head, tail)
        touches = is_ring
        if run != edge:
            beside = run + step
            touches = span[max(run, beside), 0] == span[min(run, beside), 1]
        if touches and is_open[beside]:
            face: Index = 0
            if is_graded:
                face = np.int64(classes[2, kind[run] - 1, kind[beside] - 1])
            if best <= face <= worst:
                is_open[beside] = 0
                low = span[beside, 0] if way == LEFT else span[beside, 1] - 1
                _add(branches, n, here, beside, low, low + 1, way)
                n += 1
    return n
