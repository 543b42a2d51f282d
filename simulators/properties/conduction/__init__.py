"""A voxel conduction solver: conjugate gradients, a multigrid cycle, and bounds on both sides.

``conductivity_table`` reads the input, ``laying_out`` builds the grids, ``conjugate_gradients``
solves on them, ``dissipation`` and ``equilibrated_flux`` bound the answer from above and below.
"""

from simulators.properties.conduction.conductivity_table import (
    Conductivity,
    ConductivityTable,
    read_conductivity,
    survey,
)
from simulators.properties.conduction.conjugate_gradients import Solution, solve
from simulators.properties.conduction.laying_out import dense_potential, lay_out, make_even
from simulators.properties.conduction.spanning_tree import kinds_of

__all__ = [
    "Conductivity",
    "ConductivityTable",
    "Solution",
    "dense_potential",
    "kinds_of",
    "lay_out",
    "make_even",
    "read_conductivity",
    "solve",
    "survey",
]
