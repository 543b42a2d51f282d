"""Bend an energy through the thickness so that its lowest voxels follow a profile.

Thick bands, half over each other, each give the level below which their share lies; the levels are
interpolated and taken off, so that one level then serves all layers.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from simulators.microstructure.stochastic.depth_profile import DepthProfile
from simulators.microstructure.stochastic.exact_level import exact_level
from simulators.microstructure.stochastic.particle_field import Field
from simulators.microstructure.voxels import Labels

_LAYERS_PER_BAND: Final = 8
_FULL: Final = 0.95
"""Largest share of a band's voxels that may be taken."""


def shift_layers(energy: Field, labels: Labels, share: DepthProfile, *, n: int, among: int) -> bool:
    """Shift the energy of every layer, in place; say whether some bands had too little room."""
    n_layers = energy.shape[0]
    n_bands = max(2 * n_layers // _LAYERS_PER_BAND - 1, 2)
    middles = np.linspace(0.0, n_layers, n_bands)
    half = 0.5 * n_layers / n_bands + 0.25 * _LAYERS_PER_BAND
    wanted = share.at((np.arange(n_layers) + 0.5) / n_layers)
    wanted = wanted * (n / wanted.sum())
    levels = np.empty(n_bands)
    has_layers_full = False
    for band, middle in enumerate(middles):
        first = max(int(middle - half), 0)
        end = min(int(np.ceil(middle + half)), n_layers)
        available = int(np.count_nonzero(labels[first:end] == among))
        asked = round(float(wanted[first:end].sum()))
        if asked > _FULL * available:
            has_layers_full = True
            asked = int(_FULL * available)
        if available == 0:
            levels[band] = np.nan
        else:
            levels[band] = exact_level(
                energy[first:end], labels[first:end], n=max(asked, 1), among=among
            ).value
    known = np.isfinite(levels)
    shifts = np.interp(np.arange(n_layers) + 0.5, middles[known], levels[known])
    energy -= shifts.astype(np.float32)[:, None, None]
    return has_layers_full
