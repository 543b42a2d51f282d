"""The shape of the particles: half axes from elongation and flatness, classes after Zingg."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from simulators.microstructure.stochastic.box import Array

ShapeClass = Literal["spherical", "prolate", "oblate", "bladed"]

_ZINGG_LIMIT: Final = 1.5
"""Axis ratio that separates the classes (Zingg 1935: b/a and c/b of 2/3)."""


def shape_class(elongation: float, flatness: float) -> ShapeClass:
    """Return the class of longest/middle axis ``elongation``, middle/shortest ``flatness``."""
    if elongation > _ZINGG_LIMIT:
        return "bladed" if flatness > _ZINGG_LIMIT else "prolate"
    return "oblate" if flatness > _ZINGG_LIMIT else "spherical"


def half_axes(radii_m: Array, elongation: float, flatness: float) -> Array:
    """Return half axes, longest first, of ellipsoids as large as these spheres; `n x 3`."""
    ratios = np.asarray([elongation * flatness, flatness, 1.0])
    return np.asarray(radii_m[:, None] * (ratios / np.cbrt(np.prod(ratios))))


def elongation_and_flatness(first: float, second: float) -> tuple[float, float]:
    """Return (elongation, flatness) of axes ``first`` : ``second`` : 1 in any order.

    Ratios from 0.5 to 5, the usual range of generators, all give shapes that recipes can hold.
    """
    long, middle, short = sorted((first, second, 1.0), reverse=True)
    return long / middle, middle / short
