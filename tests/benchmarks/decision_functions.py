"""Functions with known optima on the unit cube, maximised, and their cheap levels."""

from __future__ import annotations

import math

import numpy as np


def hartmann6(x: np.ndarray, *, first_weight: float = 1.0) -> float:
    """Return the Hartmann function of six variables, maximised (Dixon & Szegö 1978).

    ``first_weight`` replaces its first coefficient 1.0 by 1.0 − 0.1·(1 − weight), as in the
    augmented Hartmann function (Wu et al., UAI 2020, appendix).
    """
    alpha = np.array([1.0 - 0.1 * (1.0 - first_weight), 1.2, 3.0, 3.2])
    a = np.array(
        [
            [10, 3, 17, 3.5, 1.7, 8],
            [0.05, 10, 17, 0.1, 8, 14],
            [3, 3.5, 1.7, 10, 17, 8],
            [17, 8, 0.05, 10, 0.1, 14],
        ]
    )
    p = 1e-4 * np.array(
        [
            [1312, 1696, 5569, 124, 8283, 5886],
            [2329, 4135, 8307, 3736, 1004, 9991],
            [2348, 1451, 3522, 2883, 3047, 6650],
            [4047, 8828, 8732, 5743, 1091, 381],
        ]
    )
    return float((alpha * np.exp(-(a * (x - p) ** 2).sum(axis=1))).sum())


def branin(x: np.ndarray, *, weight: float = 1.0) -> float:
    """Return minus the Branin function on the unit square; ``weight`` < 1 is the augmented form.

    Augmented Branin: b becomes b − 0.1·(1 − weight) (Wu et al., UAI 2020, appendix).
    """
    u, v = 15.0 * x[0] - 5.0, 15.0 * x[1]
    b = 5.1 / (4.0 * math.pi**2) - 0.1 * (1.0 - weight)
    y = (v - b * u**2 + 5.0 / math.pi * u - 6.0) ** 2
    return -(y + 10.0 * (1.0 - 1.0 / (8.0 * math.pi)) * math.cos(u) + 10.0)


_BOREHOLE_LOW = np.array([0.05, 100, 63070, 990, 63.1, 700, 1120, 9855])
_BOREHOLE_HIGH = np.array([0.15, 50000, 115600, 1110, 116, 820, 1680, 12045])


def borehole(x: np.ndarray, *, is_cheap: bool = False) -> float:
    """Return the flow through a borehole (Worley 1987); cheap as in Xiong, Qian & Wu (2013)."""
    rw, r, tu, hu, tl, hl, length, kw = _BOREHOLE_LOW + x * (_BOREHOLE_HIGH - _BOREHOLE_LOW)
    logarithm = math.log(r / rw)
    factor, one = (5.0, 1.5) if is_cheap else (2.0 * math.pi, 1.0)
    below = logarithm * (one + 2.0 * length * tu / (logarithm * rw**2 * kw) + tu / tl)
    return factor * tu * (hu - hl) / below


def currin(x: np.ndarray) -> float:
    """Return minus the Currin exponential function (Currin et al. 1988)."""
    low = 1.0 if x[1] <= 1e-12 else 1.0 - math.exp(-0.5 / x[1])
    above = 2300 * x[0] ** 3 + 1900 * x[0] ** 2 + 2092 * x[0] + 60
    return -low * above / (100 * x[0] ** 3 + 500 * x[0] ** 2 + 4 * x[0] + 20)


def gardner_objective(x: np.ndarray) -> float:
    """Return minus the objective of Gardner et al. (ICML 2014), first simulation."""
    u, v = 6.0 * x
    return -(math.cos(2 * u) * math.cos(v) + math.sin(u))


def gardner_constraint(x: np.ndarray) -> float:
    """Return the constraint of Gardner et al. (ICML 2014), first simulation: at most 0.5."""
    u, v = 6.0 * x
    return math.cos(u) * math.cos(v) - math.sin(u) * math.sin(v)


def best_gardner() -> float:
    """Return the constrained optimum to about 1e-5, by a grid of 1,200 x 1,200 points."""
    edge = 6.0 * np.linspace(0.0, 1.0, 1201)
    u, v = np.meshgrid(edge, edge)
    value = -(np.cos(2 * u) * np.cos(v) + np.sin(u))
    return float(np.where(np.cos(u + v) <= 0.5, value, -np.inf).max())
