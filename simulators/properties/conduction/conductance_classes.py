"""Sort conductivities into kinds, and the faces between kinds into classes a factor 4 wide."""

from __future__ import annotations

import numpy as np

from simulators.properties.compiled import Codes, Reals

N_CLASSES = 48


def kinds_of(values: Reals) -> Codes:
    """Return the kind of each label: 0 where it does not conduct, else equal within a factor √2."""
    kinds = np.zeros(values.size, np.uint8)
    levels = _levels(values)
    kinds[values > 0] = 1 + np.searchsorted(np.unique(levels), levels)
    return kinds


def _levels(values: Reals) -> Reals:
    conducting = values[values > 0]
    return np.asarray(np.floor(2 * np.log2(conducting / conducting.max())), np.float64)


def classes_of(values: Reals, weights: Reals) -> Codes:
    """Sort faces between kinds into classes a factor 4 wide, 0 the best: axis, kind, kind."""
    rho = 0.5 / 2 ** (np.unique(_levels(values)) / 2)
    face = weights[:, None, None] / (rho[:, None] + rho[None, :])
    classes = np.minimum(np.floor(np.log2(face.max() / face) / 2 + 0.5), N_CLASSES - 1)
    return np.asarray(classes, np.uint8)
