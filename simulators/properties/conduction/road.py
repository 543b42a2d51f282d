"""The road on which unbalanced flux leaves a structure, laid when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from simulators.properties.compiled import Floats, Labels, Reals
from simulators.properties.conduction.checkerboard import Grid
from simulators.properties.conduction.equilibrated_flux import flux_energy
from simulators.properties.conduction.face_flux import n_faces
from simulators.properties.conduction.memory import SPARING_ABOVE, Memory
from simulators.properties.conduction.spanning_tree import SpanningTree, grow_tree
from simulators.properties.percolation import Runs


@dataclass
class Road:
    """A structure as its runs and labels, and the spanning tree over them."""

    runs: Runs
    labels: Labels
    values: Reals
    """Conductivity of every label."""
    weights: Reals
    """Factors of faces along z, y and x: (height / edge) squared."""
    is_periodic: bool
    n_threads: int
    memory: Memory = field(default_factory=Memory)
    tree: SpanningTree | None = None
    faces: Floats | None = None
    """Room for the flux through every face; empty where it is not circulated."""

    @property
    def is_alike(self) -> bool:
        """Return whether there is one conductor in cubic voxels: all faces conduct alike."""
        return bool((self.values > 0).sum() == 1 and (self.weights == 1).all())

    @property
    def is_circulated(self) -> bool:
        """Return whether the flux is circulated, face by face.

        For one conductor it saves one to three cheap iterations and costs more than they do.
        """
        return not self.is_alike and self.labels.size <= SPARING_ABOVE

    def energy(self, flux: Floats, grid: Grid) -> float:
        """Return the energy of the flux that carries ``flux`` (red, then black) out; uses it up."""
        if self.tree is None:
            self.tree = grow_tree(
                self.runs,
                self.labels.shape,
                self.values,
                self.weights,
                is_periodic=self.is_periodic,
                n_threads=self.n_threads,
            )
        if self.faces is None:
            self.faces = self.memory.zeros(n_faces(self.labels.shape) * self.is_circulated)
        else:
            self.faces.fill(0)
        with np.errstate(divide="ignore"):
            rho = 0.5 * self.values.max() / self.values
        common = (self.runs.span, self.labels, rho, self.weights)
        return flux_energy(self.tree, *common, flux, grid, self.faces, self.n_threads)
