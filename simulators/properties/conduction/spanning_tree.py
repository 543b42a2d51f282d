"""A spanning forest of the percolating runs, rooted at the end faces, best conducting faces first.

It is the road on which ``equilibrated_flux`` sends what a potential leaves unbalanced. Prim's
maximum spanning tree, on runs instead of voxels and with conductances in classes a factor 4 wide:
a run is reached through the best class of face that leads to it, the earliest first within a class.
The front half grows from the front end and the back half from the back end, each on its own, so two
threads can work; what neither reaches inside its half is grown last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulators.properties.compiled import Integers, Reals
from simulators.properties.conduction.conductance_classes import classes_of
from simulators.properties.conduction.growing import N_COLUMNS, grow, grow_halves
from simulators.properties.percolation import BOTH, Runs
from simulators.properties.slabs import run_slabs


@dataclass(frozen=True)
class SpanningTree:
    """Branches in the order they grew, parents first; the two halves do not touch each other."""

    branches: Integers
    """`runs x 4`: first the front half's, then the back half's, then the rest."""
    n_front: int
    n_back: int


def grow_tree(
    runs: Runs,
    shape: tuple[int, ...],
    values: Reals,
    weights: Reals,
    *,
    is_periodic: bool,
    n_threads: int,
) -> SpanningTree:
    """Reach every run that is connected to both ends.

    ``values`` are the conductivities of the labels, ``weights`` the factors of faces along z, y, x.
    """
    nz, ny, nx = shape
    classes = classes_of(values, weights)
    phases = np.unique(classes)
    is_open = (runs.touches == BOTH).astype(np.uint8)
    middle = runs.row_start[(nz // 2) * ny]
    n_open = np.array([is_open[:middle].sum(), is_open[middle:].sum()], np.int64)
    branches = np.empty((int(n_open.sum()), N_COLUMNS), np.int32)
    grown = np.zeros(2, np.int64)
    size = (nz, ny, nx, phases.size > 1, is_periodic)
    rows = (runs.row_start, runs.span, runs.kind, is_open)
    run_slabs(grow_halves, 2, n_threads, *rows, classes, phases, branches, size, n_open, grown)
    n_grown = int(grown.sum())
    branches[grown[0] : n_grown] = branches[n_open[0] : n_open[0] + grown[1]].copy()
    if n_grown < len(branches):
        seam = np.array([(nz // 2 - 1) * ny, (nz // 2 + 1) * ny], np.int64)
        grow(*rows, classes, phases, branches, size, 0, nz, 0, n_grown, seam)
    return SpanningTree(branches, int(grown[0]), int(grown[1]))
