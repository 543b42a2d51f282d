"""Effective properties of voxel structures: transport, morphology, representativity."""
