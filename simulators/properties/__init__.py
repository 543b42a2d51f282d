"""Effective properties of voxel structures: transport, morphology, representativity."""

from simulators.properties.averaging import combine, require_percolation
from simulators.properties.characterize import (
    VERSION,
    Characterization,
    characterize,
    characterize_fully,
)

__all__ = [
    "VERSION",
    "Characterization",
    "characterize",
    "characterize_fully",
    "combine",
    "require_percolation",
]
