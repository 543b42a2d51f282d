"""Conjugate gradients on the black voxels, until the certified interval is narrow enough."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Generic

from simulators.properties.compiled import Reals
from simulators.properties.conduction.finest_grid import FinestGrid, Vector

ROUNDING: Final = 1e-6
"""Allowance for conductances in single precision (2**-24 each) and for flux sums in it."""
FIRST_EXCESS: Final = 60.0
LATER_EXCESS: Final = 12.0
N_QUICK: Final = 12
"""How far the flux bound may lie above the error, in the first iterations and after: this decides
only when a first look at the interval is worth its cost, about that of two iterations."""
EXHAUSTED: Final = 1e-11
"""r·z relative to the energy at which single precision has nothing more to give."""


@dataclass(frozen=True)
class Solution(Generic[Vector]):
    """Potential (black voxels) and energies of a solve, in units of the largest conductivity."""

    energy: float
    lower: float
    upper: float
    layer_power: Reals
    potential: Vector
    iterations: int
    n_looks: int
    residual: float
    is_converged: bool


def solve(
    grid: FinestGrid[Vector], tolerance: float, max_iterations: int, negligible: float = 0.0
) -> Solution[Vector]:
    """Iterate until (upper - lower) / upper is below ``tolerance``, or upper - lower negligible.

    A look at the interval takes the true residual of the potential, in double precision, and the
    iteration goes on from there, so rounding cannot build up between looks.
    """
    u, p, q, r = grid.zeros(), grid.zeros(), grid.spare(), grid.zeros()
    grid.start(u)
    power = grid.dissipate(u, r)
    energy = math.fsum(power)
    missing = math.inf
    alpha = pending = first_rz = rz = drop = looked = 0.0
    n_looks = 0
    for iteration in range(1, max_iterations + 1):
        before, rz = rz, grid.precondition(alpha, q, r)
        first_rz = first_rz or rz
        grid.turn(u, p, q, pending, rz / before if iteration > 1 else 0.0)
        curvature = grid.operate(p, q)
        pending = alpha = rz / curvature if curvature > 0 else 0.0
        last_drop, drop = drop, alpha * rz
        energy -= drop
        is_last = iteration == max_iterations or rz <= EXHAUSTED * energy
        wanted = max(tolerance * energy, negligible) - 2 * ROUNDING * energy
        if looked > 0:
            guess = missing * drop / looked
        else:
            guess = _guess(drop, last_drop, FIRST_EXCESS if iteration <= N_QUICK else LATER_EXCESS)
        if is_last or guess < wanted:
            grid.step(u, p, alpha)
            power = grid.dissipate(u, r)
            energy = math.fsum(power)
            missing = grid.flux_energy(r, q)
            n_looks += 1
            if is_last or missing < wanted:
                break
            looked = drop
            alpha = pending = 0.0
    upper = energy * (1 + ROUNDING)
    lower = energy * (1 - ROUNDING) - missing
    return Solution(
        energy=energy,
        lower=max(0.0, lower),
        upper=upper,
        layer_power=power,
        potential=u,
        iterations=iteration,
        n_looks=n_looks,
        residual=math.sqrt(max(0.0, rz / first_rz)) if first_rz > 0 else 0.0,
        is_converged=upper - lower < max(tolerance * upper, negligible),
    )


def _guess(drop: float, last_drop: float, excess: float) -> float:
    """Guess the flux bound from how fast the energy falls."""
    if last_drop <= 0:
        return math.inf
    rate = min(max(drop / last_drop, 0.05), 0.9)
    return excess * drop * rate / (1 - rate)
