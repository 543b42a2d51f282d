"""Morphology: what a microstructure looks like, beyond what transport and areas say."""

from __future__ import annotations

from pydantic import Field

from experiments.frozen import Frozen


class Distribution(Frozen):
    """Shares over a positive quantity; both columns belong together and shares sum to 1."""

    value_m: tuple[float, ...]
    share: tuple[float, ...]


class PhaseMorphology(Frozen):
    """One phase's shape. Axis keys are ``"0"`` (through the electrode), ``"1"``, ``"2"``."""

    volume_fraction: float
    volume_fraction_sd: float | None = None
    """Scatter between random images of this size, from this image alone."""
    is_fraction_resolved: bool = True
    """The image is wide enough for that scatter; else it is a lower bound."""
    mean_chord_m: dict[str, float | None]
    chord: dict[str, Distribution]
    """Number shares of whole chords by length."""
    correlation_length_m: dict[str, float]
    two_point_lag_m: dict[str, tuple[float, ...]]
    two_point_probability: dict[str, tuple[float, ...]]
    mean_curvature_per_m2: float
    """∫ mean curvature dA per volume."""
    euler_number_per_m3: float
    """Bodies − tunnels + holes per volume, joined by faces."""


class Morphology(Frozen):
    """Shapes and sizes of one volume."""

    phases: dict[str, PhaseMorphology]
    triple_line_per_m2: float
    """Length of the lines where three phases meet, per volume."""
    pore_radius: Distribution
    """Volume shares by radius of the largest ball (continuous size distribution)."""
    median_pore_radius_m: float | None
    particle_radius: Distribution
    """Volume shares by equivalent radius of the active particles."""
    n_particles: int = Field(ge=0)
    mean_contacts: float | None
    """Coordination number: particles that share a neck with a particle, on average."""
    mean_neck_ratio: float | None
    """Overlap: neck area over the smaller particle's great circle, on average."""
