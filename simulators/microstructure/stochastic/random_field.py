"""A smooth periodic Gaussian random field on a grid of its own, coarser than the voxels."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from simulators.microstructure.stochastic.box import Box
from simulators.microstructure.stochastic.particle_field import Field

_CELLS_PER_LENGTH = 2.0


def gaussian_field(random: np.random.Generator, box: Box, *, length_m: float) -> Field:
    """Return a field of zero mean and unit variance that changes over about ``length_m``.

    The grid has two cells a length and depends on the box in metres only, so finer voxels sample
    the same field.
    """
    n_cells = np.maximum(np.rint(box.edges_m / length_m * _CELLS_PER_LENGTH).astype(int), 1)
    white = random.standard_normal(tuple(n_cells))
    smooth = gaussian_filter(white, sigma=1.0, mode="wrap")
    spread = float(smooth.std())
    centred = smooth - smooth.mean()
    return np.asarray(centred / spread if spread > 0.0 else centred, dtype=np.float32)
