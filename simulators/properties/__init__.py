"""Effective properties of voxel structures: transport, morphology, representativity."""

from simulators.properties.characterize import characterize, combine, require_percolation

__all__ = ["characterize", "combine", "require_percolation"]
