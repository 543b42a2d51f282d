"""Effective properties of voxel structures: transport, morphology, representativity."""

from typing import Final

from simulators.properties.characterize import characterize, combine, require_percolation

VERSION: Final = "1"
"""Raised whenever the same voxels would give other numbers; results of older versions expire."""

__all__ = ["VERSION", "characterize", "combine", "require_percolation"]
