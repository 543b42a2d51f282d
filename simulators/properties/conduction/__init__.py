"""A voxel conduction solver: conjugate gradients, a multigrid cycle, and bounds on both sides.

``conductivity_table`` reads the input, ``laying_out`` and ``tensor_grid`` build the grids (compiled
kernels, or torch on a device), ``conjugate_gradients`` solves on either, ``dissipation`` and
``equilibrated_flux`` bound the answer from above and below.
"""

from simulators.properties.conduction.conductivity_table import (
    Conductivity,
    ConductivityTable,
    read_conductivity,
)
from simulators.properties.conduction.conjugate_gradients import Solution, estimate_energy
from simulators.properties.conduction.devices import Device, solve_on
from simulators.properties.conduction.laying_out import dense_potential, lay_out
from simulators.properties.conduction.memory import Memory
from simulators.properties.conduction.problem import Problem, pose

__all__ = [
    "Conductivity",
    "ConductivityTable",
    "Device",
    "Memory",
    "Problem",
    "Solution",
    "dense_potential",
    "estimate_energy",
    "lay_out",
    "pose",
    "read_conductivity",
    "solve_on",
]
