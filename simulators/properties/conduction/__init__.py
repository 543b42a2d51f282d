"""A voxel conduction solver: conjugate gradients, a multigrid cycle, and bounds on both sides.

``conductivity_table`` reads the input, ``laying_out`` and ``tensor_grid`` build the grids (compiled
kernels, or torch on a device), ``conjugate_gradients`` solves on either, ``dissipation`` and
``equilibrated_flux`` bound the answer from above and below.
"""

from simulators.properties.conduction.conductance_classes import kinds_of
from simulators.properties.conduction.conductivity_table import (
    Conductivity,
    ConductivityTable,
    read_conductivity,
    survey,
)
from simulators.properties.conduction.conjugate_gradients import Solution
from simulators.properties.conduction.devices import Device, solve_on
from simulators.properties.conduction.laying_out import dense_potential, make_even, plan_layout

__all__ = [
    "Conductivity",
    "ConductivityTable",
    "Device",
    "Solution",
    "dense_potential",
    "kinds_of",
    "make_even",
    "plan_layout",
    "read_conductivity",
    "solve_on",
    "survey",
]
