"""A quantity through the thickness, from the separator (depth 0) to the current collector (1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.architecture import Architecture, Knots
from experiments.errors import Invalid
from simulators.microstructure.stochastic.box import Array


@dataclass(frozen=True)
class DepthProfile:
    """Linear between knots; two knots at one depth make a step."""

    depths: Array
    values: Array

    def at(self, depth: Array) -> Array:
        """Return the values at depths within 0…1."""
        return np.interp(depth, self.depths, self.values)

    @property
    def mean(self) -> float:
        """Return the mean over the thickness."""
        return float(np.trapezoid(self.values, self.depths))

    @property
    def is_flat(self) -> bool:
        """Say whether the quantity is the same everywhere."""
        return bool(np.ptp(self.values) == 0.0)

    def times(self, other: DepthProfile) -> DepthProfile:
        """Return the product over its mean; where ``other`` steps, so does the product."""
        depths, values = [], []
        for k in range(len(other.depths) - 1):
            start, end = other.depths[k], other.depths[k + 1]
            if end > start:
                within = np.linspace(0.0, 1.0, 17)
                here = start + (end - start) * within
                line = other.values[k] + (other.values[k + 1] - other.values[k]) * within
                depths.append(here)
                values.append(line * self.at(here))
        product = DepthProfile(np.concatenate(depths), np.concatenate(values))
        return DepthProfile(product.depths, product.values / product.mean)


def flat(value: float = 1.0) -> DepthProfile:
    """Return the same value at every depth."""
    return DepthProfile(np.asarray([0.0, 1.0]), np.asarray([value, value]))


def solid_profile(architecture: Architecture | None, porosity: float) -> DepthProfile:
    """Return the local share of solids over its mean, for a coating of that mean porosity.

    Raises ``Invalid`` where the local porosity would leave 0…1.
    """
    if architecture is None:
        return flat()
    name = "porosity_knots" if architecture.porosity_knots else "porosity_difference"
    if architecture.porosity_knots:
        asked = _from_knots(architecture.porosity_knots)
        local = DepthProfile(asked.depths, asked.values + porosity - asked.mean)
    else:
        local = _difference(architecture.porosity_difference, architecture.layer_boundary)
        local = DepthProfile(local.depths, local.values + porosity)
    if local.values.min() <= 0.0 or local.values.max() >= 1.0:
        raise Invalid(
            f"architecture.{name}: the local porosity would run from {local.values.min():.3f} to "
            f"{local.values.max():.3f} at a mean of {porosity:g}; it must stay within 0…1"
        )
    return DepthProfile(local.depths, (1.0 - local.values) / (1.0 - porosity))


def size_profile(architecture: Architecture | None) -> DepthProfile:
    """Return the local median diameter over the recipe's."""
    if architecture is None:
        return flat()
    if architecture.size_knots:
        return _from_knots(architecture.size_knots)
    root = np.sqrt(architecture.size_ratio)
    if architecture.layer_boundary is None:
        depths = np.linspace(0.0, 1.0, 33)
        return DepthProfile(depths, root ** (2.0 * depths - 1.0))
    b = architecture.layer_boundary
    return DepthProfile(np.asarray([0.0, b, b, 1.0]), np.asarray([1 / root, 1 / root, root, root]))


def _from_knots(knots: Knots) -> DepthProfile:
    return DepthProfile(
        np.asarray([depth for depth, _ in knots]), np.asarray([value for _, value in knots])
    )


def _difference(difference: float, boundary: float | None) -> DepthProfile:
    """Return a profile of zero mean that ends ``difference`` above where it starts."""
    if boundary is None:
        return DepthProfile(np.asarray([0.0, 1.0]), np.asarray([-0.5, 0.5]) * difference)
    first, second = -(1.0 - boundary) * difference, boundary * difference
    return DepthProfile(
        np.asarray([0.0, boundary, boundary, 1.0]), np.asarray([first, first, second, second])
    )
