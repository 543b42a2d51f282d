"""A fidelity: a named level at which a design is evaluated, with what it costs."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from experiments.frozen import Frozen

FINE_MESH_POINTS: Final = 22
"""The cheapest P2D mesh within 0.5% of a converged one on 95% of designs. Measured:
docs/cell_accuracy.md."""


class Fidelity(Frozen):
    """A simulated level. Voxels, voxel size, mesh and model change the bias and so define it."""

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")
    voxels: int = Field(ge=8, le=1024)
    """Edge length of the cubic volume in voxels."""
    volumes: int = Field(default=1, ge=1, le=64)
    """Number of random volumes averaged; divides the variance, changes no bias."""
    voxel_size_um: float = Field(gt=0.001, lt=10)
    mesh_points: int = Field(default=FINE_MESH_POINTS, ge=5, le=200)
    """P2D mesh points through each electrode; separator and particles have half as many."""
    model: Literal["DFN", "SPMe", "SPM", "half-cell"] = "DFN"
    """``half-cell``: DFN of the positive against lithium, in the whole cell's masses."""
    cost: float | None = Field(default=None, gt=0)
    """Relative cost; None lets the campaign measure it."""
    deadline_s: float | None = Field(default=None, gt=0)
    """How long a job of this level may take; None lets the campaign's measured times decide."""
    source_of: str | None = None
    """The level whose results of earlier versions these are; never in a campaign file."""

    @property
    def voxel_size_m(self) -> float:
        """Return the voxel's edge in metres."""
        return self.voxel_size_um * 1e-6
