"""Which conductivities can be meant: refused before anything is solved with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

import numpy as np

from experiments.errors import Invalid
from experiments.microstructure import PhaseName
from experiments.physics import MOST_CONTRAST

SOLIDS: Final = tuple(phase for phase in get_args(PhaseName) if phase != "pore")

LARGEST: Final = 1e8
"""Assumed: beyond silver's 6.3e7 S/m a unit was mistaken."""

SMALLEST: Final = 1e-20
"""Assumed: what conducts a hundred times less than fused quartz (1.3e-18 S/m) insulates, and is
given as 0."""


def check_conductivities(
    binder_ion_diffusivity: float, solid_conductivity: Mapping[str, float]
) -> None:
    """Raise ``Invalid`` for what is no conductivity, or lies too far from the others."""
    for name, value in solid_conductivity.items():
        if name not in SOLIDS:
            raise Invalid(
                f"solid conductivity of {name!r}: not a solid phase; allowed: {', '.join(SOLIDS)}"
            )
        if not (np.isfinite(value) and value >= 0):
            raise Invalid(f"solid conductivity of {name}: {value}; it must be finite, 0 or more")
        if value > LARGEST or 0 < value < SMALLEST:
            raise Invalid(
                f"solid conductivity of {name}: {value:g}; it must be 0 or lie between "
                f"{SMALLEST:g} and {LARGEST:g}"
            )
    if not 0 <= binder_ion_diffusivity <= 1:
        raise Invalid(
            f"binder ion diffusivity {binder_ion_diffusivity:g}: it is relative to the bulk "
            "electrolyte and must lie within 0 and 1"
        )
    if 0 < binder_ion_diffusivity < 1 / MOST_CONTRAST:
        raise Invalid(
            f"binder ion diffusivity {binder_ion_diffusivity:g}: it must be 0 (blocks ions) or at "
            f"least {1 / MOST_CONTRAST:g}"
        )
