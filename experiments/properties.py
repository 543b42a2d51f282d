"""Effective properties: what a microstructure does to ions and electrons, with certified bounds."""

from __future__ import annotations

from pydantic import Field

from experiments.depth import DepthKnots
from experiments.frozen import Frozen


class AxisTransport(Frozen):
    """Effective transport along one axis, relative to the reference conductor.

    For pores the reference is the bulk electrolyte (Deff/D0). For solids it is a conductivity of 1
    in whatever unit the intrinsic conductivities were given in (S/m in the loop).
    """

    relative: float = Field(ge=0)
    lower: float = Field(ge=0)
    """Certified for the voxel problem: the exact voxel solution is not below."""
    upper: float = Field(ge=0)
    tortuosity_factor: float | None = Field(default=None, ge=0)
    """τ = Σφᵢσᵢ/σeff with whole phase fractions; null where nothing percolates."""
    discretisation_bias: float | None = None
    """Estimated relative(this voxel size) − relative(voxel size → 0); apart from the interval."""
    samples: tuple[float, ...] = ()
    """One value of ``relative`` per volume, where several were averaged."""
    profile: tuple[float, ...] = ()
    """``relative`` of every layer along the axis, whose harmonic mean it is; of single volumes in
    full detail. Layers of a homogeneous structure scatter; those of a graded one differ."""
    tortuosity_profile: tuple[float, ...] = ()
    """Tortuosity factor of every layer, likewise: the layer's Σφᵢσᵢ over its ``profile``."""


class EffectiveProperties(Frozen):
    """Everything measured on a microstructure (or the mean over several volumes of one design).

    Axis keys are ``"0"`` (through the electrode), ``"1"``, ``"2"``; the loop measures ``"0"`` only.
    """

    shape: tuple[int, int, int]
    voxel_size_m: tuple[float, float, float]
    n_volumes: int = Field(default=1, ge=1)
    volume_fraction: dict[str, float]
    percolating_fraction: dict[str, dict[str, float]]
    """Per phase and axis: share of the phase's voxels connected to both faces of that axis."""
    pore_transport: dict[str, AxisTransport]
    solid_transport: dict[str, AxisTransport]
    interface_area_per_m: dict[str, float]
    """``pore-active``, ``pore-binder``, ``active-binder``, in m²/m³."""
    interface_area_samples: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    mean_pore_radius_m: float | None = None
    particle_radius_m: float | None = None
    """Volume-weighted equivalent radius of the active particles, where known or measured."""
    relative_scatter: dict[str, float] = Field(default_factory=dict)
    """Standard deviation between single volumes of this size over their mean, by property, from the
    variance-against-volume law; where volumes are too few to show it themselves."""
    through_thickness: DepthKnots | None = None
    """Of coatings that differ through it."""
    settings: dict[str, str | int | float | bool | None] = Field(default_factory=dict)
    elapsed_s: float = Field(default=0.0, ge=0)
