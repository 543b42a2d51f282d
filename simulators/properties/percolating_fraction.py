"""Which share of each phase is connected to both faces of an axis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from simulators.properties.percolation import BOTH, find_runs
from simulators.properties.slabs import available_cores


def percolating_fractions(
    labels: NDArray[np.uint8],
    phases: Mapping[str, Iterable[int]],
    *,
    axes: Sequence[int] = (0, 1, 2),
    is_periodic: bool = False,
    n_threads: int | None = None,
) -> dict[str, dict[str, float]]:
    """Return, by name and axis, the share of the voxels connected by faces to both ends.

    A name stands for one label or for several that conduct together (binder and pores, say). A
    phase that is absent has the share 0.
    """
    fractions: dict[str, dict[str, float]] = {name: {} for name in phases}
    for axis in axes:
        turned = np.ascontiguousarray(np.moveaxis(labels, axis, 0))
        for name, members in phases.items():
            conducts = np.zeros(256, np.bool_)
            conducts[list(members)] = True
            runs = find_runs(
                turned,
                conducts,
                periodic=is_periodic,
                n_threads=n_threads or available_cores(),
            )
            length = (runs.span[:, 1] - runs.span[:, 0]).astype(np.int64)
            n_voxels = int(length.sum())
            n_connected = int(length[runs.touches == BOTH].sum())
            fractions[name][str(axis)] = n_connected / n_voxels if n_voxels else 0.0
    return fractions
