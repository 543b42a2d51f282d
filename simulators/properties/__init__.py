"""Effective properties of voxel structures: transport, morphology, representativity."""

from typing import Final

from simulators.properties.averaging import combine, require_percolation
from simulators.properties.characterize import (
    Characterization,
    characterize,
    characterize_fully,
)

VERSION: Final = "3"
"""Raised whenever the same voxels would give other numbers; results of older versions expire."""

__all__ = [
    "VERSION",
    "Characterization",
    "characterize",
    "characterize_fully",
    "combine",
    "require_percolation",
]
