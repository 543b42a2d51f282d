"""Find the conducting voxels that are connected to both ends, by joining runs of each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.properties.compiled import Codes, Index, Integers, Labels, kernel
from simulators.properties.slabs import run_slabs

FRONT, BACK = 1, 2
BOTH = FRONT | BACK


@dataclass(frozen=True)
class Runs:
    """Every row's runs of one kind of conducting voxels, in order of their first voxel."""

    row_start: NDArray[np.int64]
    """`rows + 1`: where the runs of each row (plane by plane) begin."""
    span: NDArray[np.int16]
    """`runs x 2`: first voxel and the one after the last."""
    kind: NDArray[np.uint8]
    touches: NDArray[np.uint8]
    """Which end faces the run's cluster reaches: FRONT, BACK or both."""

    @property
    def n_connected(self) -> int:
        """Return the number of voxels connected to both ends."""
        through = self.span[self.touches == BOTH]
        return int((through[:, 1] - through[:, 0]).sum(dtype=np.int64))


def find_runs(labels: Labels, kinds: NDArray[Any], *, periodic: bool, n_threads: int) -> Runs:
    """Label clusters of conducting voxels (faces connect) of a `z x y x` array, ends on axis 0.

    ``kinds`` gives every label's kind: 0 (or False) takes no part, equal kinds share runs, and all
    others connect with each other.
    """
    nz, ny, nx = labels.shape
    kind_of_label = np.asarray(kinds).astype(np.uint8)
    conducting = np.flatnonzero(kind_of_label)
    only = int(conducting[0]) if conducting.size == 1 else -1
    row_start = np.zeros(nz * ny + 1, np.int64)
    run_slabs(_count_runs, nz, n_threads, labels, kind_of_label, only, row_start)
    np.cumsum(row_start, out=row_start)
    n_runs = int(row_start[-1])
    span = np.empty((n_runs, 2), np.int16)
    kind = np.empty(n_runs, np.uint8)
    parent = np.empty(n_runs, np.int32)
    run_slabs(_fill_runs, nz, n_threads, labels, kind_of_label, only, row_start, span, kind, parent)
    run_slabs(_join_planes, nz, n_threads, row_start, span, parent, ny, nx, periodic)
    n_slabs = max(1, min(n_threads, nz))
    seams = np.array([nz * slab // n_slabs for slab in range(1, n_slabs)], np.int64)
    _join_seams(row_start, span, parent, ny, seams)
    touches = np.zeros(n_runs, np.uint8)
    _mark_ends(row_start, parent, touches, ny)
    run_slabs(_spread_marks, nz, n_threads, row_start, parent, touches, ny)
    return Runs(row_start, span, kind, touches)


@kernel
def _read_row(labels: Labels, i: int, j: int, kind_of_label: Codes, only: int, line: Codes) -> None:
    """Write the kinds of a row after one leading 0."""
    nx = labels.shape[2]
    if only >= 0:
        for k in range(nx):
            line[k + 1] = 1 if labels[i, j, k] == only else 0
    else:
        for k in range(nx):
            line[k + 1] = kind_of_label[labels[i, j, k]]


@kernel
def _count_runs(
    labels: Labels,
    kind_of_label: Codes,
    only: int,
    row_start: Integers,
    first: int,
    last: int,
) -> None:
    _, ny, nx = labels.shape
    line = np.zeros(nx + 1, np.uint8)
    for i in range(first, last):
        for j in range(ny):
            _read_row(labels, i, j, kind_of_label, only, line)
            n_runs = 0
            for k in range(nx):
                here = line[np.uintp(k + 1)]
                n_runs += 1 if (here != 0) & (here != line[np.uintp(k)]) else 0
            row_start[i * ny + j + 1] = n_runs


@kernel
def _fill_runs(
    labels: Labels,
    kind_of_label: Codes,
    only: int,
    row_start: Integers,
    span: Integers,
    kind: Codes,
    parent: Integers,
    first: int,
    last: int,
) -> None:
    _, ny, nx = labels.shape
    line = np.zeros(nx + 2, np.uint8)
    change = np.empty(nx + 2, np.int32)
    for i in range(first, last):
        for j in range(ny):
            _read_row(labels, i, j, kind_of_label, only, line)
            n_changes = 0
            for k in range(nx + 1):
                change[n_changes] = k
                n_changes += 1 if line[np.uintp(k + 1)] != line[np.uintp(k)] else 0
            run = row_start[i * ny + j]
            for c in range(n_changes):
                if line[change[c] + 1] != 0:
                    span[run, 0] = change[c]
                    span[run, 1] = change[c + 1]
                    kind[run] = line[change[c] + 1]
                    parent[run] = run
                    run += 1


@kernel
def _root(parent: Integers, run: Index) -> Index:
    while parent[run] != run:
        parent[run] = parent[parent[run]]
        run = parent[run]
    return run


@kernel
def _join(parent: Integers, a: Index, b: Index) -> None:
    if parent[a] == parent[b]:
        return
    a = _root(parent, a)
    b = _root(parent, b)
    if a < b:
        parent[b] = a
    else:
        parent[a] = b


@kernel
def _join_rows(
    row_start: Integers, span: Integers, parent: Integers, row: Index, other: Index
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
    row_start: Integers,
    span: Integers,
    parent: Integers,
    ny: int,
    nx: int,
    periodic: bool,
    first: int,
    last: int,
) -> None:
    for i in range(first, last):
        for j in range(ny):
            row = i * ny + j
            head, tail = row_start[row], row_start[row + 1] - 1
            for run in range(head, tail):
                if span[run, 1] == span[run + 1, 0]:
                    _join(parent, run, run + 1)
            if periodic and head <= tail and span[head, 0] == 0 and span[tail, 1] == nx:
                _join(parent, head, tail)
            if j > 0:
                _join_rows(row_start, span, parent, row, row - 1)
            if i > first:
                _join_rows(row_start, span, parent, row, row - ny)
        if periodic:
            _join_rows(row_start, span, parent, i * ny, i * ny + ny - 1)


@kernel
def _join_seams(
    row_start: Integers, span: Integers, parent: Integers, ny: int, seams: Integers
) -> None:
    for seam in range(seams.size):
        for j in range(ny):
            row = seams[seam] * ny + j
            _join_rows(row_start, span, parent, row, row - ny)


@kernel
def _mark_ends(row_start: Integers, parent: Integers, touches: Codes, ny: int) -> None:
    n_rows = row_start.size - 1
    for run in range(row_start[0], row_start[ny]):
        touches[_root(parent, run)] |= FRONT
    for run in range(row_start[n_rows - ny], row_start[n_rows]):
        touches[_root(parent, run)] |= BACK


@kernel
def _spread_marks(
    row_start: Integers,
    parent: Integers,
    touches: Codes,
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
