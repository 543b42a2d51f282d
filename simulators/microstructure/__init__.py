"""Microstructures: composition, voxels, and the generators that make them."""

from simulators.microstructure.composition import Composition, compose, recipe_from_fractions
from simulators.microstructure.generator import Generator
from simulators.microstructure.voxels import Voxels

__all__ = ["Composition", "Generator", "Voxels", "compose", "recipe_from_fractions"]
