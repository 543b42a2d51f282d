"""A structure made ready to be solved: who conducts, what percolates, and the grid it lies on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simulators.properties.compiled import Reals
from simulators.properties.conduction.checkerboard import Layout
from simulators.properties.conduction.conductance_classes import kinds_of
from simulators.properties.conduction.conductivity_table import ConductivityTable, survey
from simulators.properties.conduction.laying_out import make_even, plan_layout
from simulators.properties.conduction.memory import Memory
from simulators.properties.conduction.road import Road
from simulators.properties.percolation import find_runs


@dataclass(frozen=True)
class Problem:
    """Conduction along axis 0 of a labelled structure."""

    layer_mean: Reals
    """Σφᵢσᵢ of every layer; its mean is the Wiener mean."""
    percolating_fraction: float
    """Share of the conducting voxels that are connected to both ends."""
    way: tuple[Road, Layout] | None
    """What the grid is laid out from; None where nothing percolates."""
    unit: float
    """Effective conductivity of an energy of 1 on the grid."""


def pose(
    table: ConductivityTable,
    spacing_m: Reals,
    *,
    is_periodic: bool,
    n_threads: int,
    memory: Memory | None = None,
) -> Problem:
    """Find what percolates from end to end of axis 0, and plan the grid for it in ``memory``."""
    shape = table.labels.shape
    layer_mean, conducting = survey(table, n_threads)
    if is_periodic:
        table = replace(table, labels=make_even(table.labels))
    kinds = kinds_of(table.values)
    runs = find_runs(table.labels, kinds, periodic=is_periodic, n_threads=n_threads)
    fraction = runs.n_connected / (conducting * (table.labels.size / np.prod(shape)))
    if fraction == 0:
        return Problem(layer_mean, 0.0, None, 0.0)
    road, layout = plan_layout(
        table,
        runs,
        spacing_m,
        is_periodic=is_periodic,
        n_threads=n_threads,
        memory=memory or Memory(),
    )
    unit = float(table.values.max()) * layout.nz / (layout.ny * layout.nx)
    return Problem(layer_mean, fraction, (road, layout), unit)
