"""Memory for the vectors of a solve, which the next solve uses again.

A page that a process touches for the first time has to be found and cleared by the system, which on
a busy or virtual machine takes as long as several iterations over it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from simulators.properties.compiled import Floats

VALUES_PER_VOXEL: Final = 9
"""What a solve of several conductors takes, with faces and coarser grids, rounded up."""
SPARING_ABOVE: Final = 2**25
"""Voxels above which memory counts for more than time (assumed; 322³, where a solve takes 1 GB)."""


class Memory:
    """Vectors of zeros from one block, all of them given back at once; beyond it, from the system.

    For one solve at a time. What is never touched of the block takes no memory; a large volume gets
    no block, which would be in the way of what comes between two solves.
    """

    def __init__(self, n_voxels: int = 0) -> None:
        n_kept = n_voxels if n_voxels <= SPARING_ABOVE else 0
        self._block: Floats = np.empty(VALUES_PER_VOXEL * n_kept, np.float32)
        self._taken = 0

    def zeros(self, n: int) -> Floats:
        """Return ``n`` zeros."""
        start, stop = self._taken, self._taken + n
        if stop > self._block.size:
            return np.zeros(n, np.float32)
        self._taken = stop
        values = self._block[start:stop]
        values.fill(0)
        return values

    def clear(self) -> None:
        """Take every vector back; whoever still holds one must not use it."""
        self._taken = 0
