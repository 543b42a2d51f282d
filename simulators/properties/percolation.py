"""Find the conducting voxels that are connected to both ends, by joining runs of each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.properties.compiled import kernel
from simulators.properties.slabs import run_slabs

FRONT, BACK = 1, 2
BOTH = FRONT | BACK


@dataclass(frozen=True)
class Runs:
    """Every row's runs of conducting voxels: where a row's runs begin, their spans, their ends.

    ``touches`` holds, for every run, which end faces its cluster reaches (FRONT, BACK or both).
    """

    row_start: NDArray[np.int64]
    span: NDArray[np.int32]
    touches: NDArray[np.uint8]


def find_runs(
    labels: NDArray[np.unsignedinteger[Any]],
    conducts: NDArray[np.bool_],
    *,
    periodic: bool,
    n_threads: int,
) -> Runs:
    """Label clusters of conducting voxels (faces connect) of a `z x y x` array, ends on axis 0.

    ``conducts`` tells for every label whether it takes part. Phases connect with each other.
    """
    nz, ny, _ = labels.shape
    row_start = np.zeros(nz * ny + 1, np.int64)
    run_slabs(_count_runs, nz, n_threads, labels, conducts, row_start)
    np.cumsum(row_start, out=row_start)
    n_runs = int(row_start[-1])
    span = np.empty((n_runs, 2), np.int32)
    parent = np.empty(n_runs, np.int32 if n_runs < 2**31 else np.int64)
    run_slabs(_fill_runs, nz, n_threads, labels, conducts, row_start, span, parent)
    run_slabs(_join_planes, nz, n_threads, row_start, span, parent, ny, labels.shape[2], periodic)
    n_slabs = max(1, min(n_threads, nz))
    seams = np.array([nz * slab // n_slabs for slab in range(1, n_slabs)], np.int64)
    _join_seams(row_start, span, parent, ny, seams)
    touches = np.zeros(n_runs, np.uint8)
    _mark_ends(row_start, parent, touches, ny)
    run_slabs(_spread_marks, nz, n_threads, row_start, parent, touches, ny)
    return Runs(row_start, span, touches)


@kernel
def _count_runs(
    labels: NDArray[np.unsignedinteger[Any]],
    conducts: NDArray[np.bool_],
    row_start: NDArray[np.int64],
    first: int,
    last: int,
) -> None:
    _, ny, nx = labels.shape
    for i in range(first, last):
        for j in range(ny):
            n_runs = 0
            before = False
            for k in range(nx):
                here = conducts[labels[i, j, k]]
                n_runs += here & (not before)
                before = here
            row_start[i * ny + j + 1] = n_runs


@kernel
def _fill_runs(
    labels: NDArray[np.unsignedinteger[Any]],
    conducts: NDArray[np.bool_],
    row_start: NDArray[np.int64],
    span: NDArray[np.int32],
    parent: NDArray[np.signedinteger[Any]],
    first: int,
    last: int,
) -> None:
    _, ny, nx = labels.shape
    for i in range(first, last):
        for j in range(ny):
            run = row_start[i * ny + j]
            before = False
            for k in range(nx):
                here = conducts[labels[i, j, k]]
                if here and not before:
                    span[run, 0] = k
                    parent[run] = run
                elif before and not here:
                    span[run, 1] = k
                    run += 1
                before = here
            if before:
                span[run, 1] = nx


@kernel
def _root(parent: NDArray[np.signedinteger[Any]], run: int) -> int:
    while parent[run] != run:
        parent[run] = parent[parent[run]]
        run = parent[run]
    return run


@kernel
def _join(parent: NDArray[np.signedinteger[Any]], a: int, b: int) -> None:
    a = _root(parent, a)
    b = _root(parent, b)
    if a < b:
        parent[b] = a
    elif b < a:
        parent[a] = b


@kernel
def _join_rows(
    row_start: NDArray[np.int64],
    span: NDArray[np.int32],
    parent: NDArray[np.signedinteger[Any]],
    row: int,
    other: int,
) -> None:
    a, a_end = row_start[row], row_start[row + 1]
    b, b_end = row_start[other], row_start[other + 1]
    while a < a_end and b < b_end:
        if span[a, 0] < span[b, 1] and span[b, 0] < span[a, 1]:
            _join(parent, a, b)
        if span[a, 1] < span[b, 1]:
            a += 1
        else:
            b += 1


@kernel
def _join_planes(
    row_start: NDArray[np.int64],
    span: NDArray[np.int32],
    parent: NDArray[np.signedinteger[Any]],
    ny: int,
    nx: int,
    periodic: bool,
    first: int,
    last: int,
) -> None:
    for i in range(first, last):
        for j in range(ny):
            row = i * ny + j
            if j > 0:
                _join_rows(row_start, span, parent, row, row - 1)
            if i > first:
                _join_rows(row_start, span, parent, row, row - ny)
            if periodic and row_start[row + 1] > row_start[row]:
                head, tail = row_start[row], row_start[row + 1] - 1
                if span[head, 0] == 0 and span[tail, 1] == nx:
                    _join(parent, head, tail)
        if periodic:
            _join_rows(row_start, span, parent, i * ny, i * ny + ny - 1)


@kernel
def _join_seams(
    row_start: NDArray[np.int64],
    span: NDArray[np.int32],
    parent: NDArray[np.signedinteger[Any]],
    ny: int,
    seams: NDArray[np.int64],
) -> None:
    for seam in range(seams.size):
        for j in range(ny):
            row = seams[seam] * ny + j
            _join_rows(row_start, span, parent, row, row - ny)


@kernel
def _mark_ends(
    row_start: NDArray[np.int64],
    parent: NDArray[np.signedinteger[Any]],
    touches: NDArray[np.uint8],
    ny: int,
) -> None:
    n_rows = row_start.size - 1
    for run in range(row_start[0], row_start[ny]):
        touches[_root(parent, run)] |= FRONT
    for run in range(row_start[n_rows - ny], row_start[n_rows]):
        touches[_root(parent, run)] |= BACK


@kernel
def _spread_marks(
    row_start: NDArray[np.int64],
    parent: NDArray[np.signedinteger[Any]],
    touches: NDArray[np.uint8],
    ny: int,
    first: int,
    last: int,
) -> None:
    for run in range(row_start[first * ny], row_start[last * ny]):
        root = run
        while parent[root] != root:  # no path halving here: threads share the forest
            root = parent[root]
        if root != run:
            touches[run] = touches[root]
