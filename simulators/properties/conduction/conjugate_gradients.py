"""Conjugate gradients on the black voxels, until the certified interval is narrow enough."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Generic

from simulators.properties.compiled import Reals
from simulators.properties.conduction.descent import Descent
from simulators.properties.conduction.finest_grid import FinestGrid, Vector

ROUNDING: Final = 1e-6
"""Allowance for conductances in single precision (2**-24 each) and for flux sums in it."""
FIRST_EXCESS: Final = 60.0
LATER_EXCESS: Final = 12.0
N_QUICK: Final = 12
"""How far the flux bound may lie above what ``_ahead`` guesses, in the first iterations and after
(several conductors: 5 to 30 and 6 to 14 times on two tomograms; one: hundreds of times): this
decides only when a first look at the interval is worth its cost, two to fifteen iterations."""
EXHAUSTED: Final = 1e-11
"""r·z relative to the energy at which single precision has nothing more to give."""
N_AFTER: Final = 6
"""Iterations after the proof where the field itself is wanted: the energy is second order in the
field's error, the flux first order. Measured on 128³ of two tomograms: the layers' fluxes then
differ by 6e-6 (pores) to 3e-3 (two conductors at 1000 : 1), and by 2e-3 to 7e-3 without."""
N_BEHIND: Final = 3
"""Iterations over which an estimate looks back."""


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
    grid: FinestGrid[Vector],
    tolerance: float,
    max_iterations: int,
    negligible: float = 0.0,
    *,
    n_after: int = 0,
) -> Solution[Vector]:
    """Iterate until (upper - lower) / upper is below ``tolerance``, or upper - lower negligible.

    A look at the interval settles the potential and takes the energy of a flux that balances it.
    ``n_after`` iterations more make the field better than the interval needs; what was proven
    before them stays the lower bound.
    """
    descent = Descent(grid)
    missing = math.inf
    looked = 0.0
    n_looks = 0
    for iteration in range(1, max_iterations + 1):
        descent.advance()
        energy = descent.energy
        is_last = iteration == max_iterations or descent.rz <= EXHAUSTED * energy
        wanted = max(tolerance * energy, negligible) - 2 * ROUNDING * energy
        if looked > 0:
            guess = missing * descent.drop / looked
        else:
            excess = FIRST_EXCESS if iteration <= N_QUICK else LATER_EXCESS
            guess = excess * _ahead(descent)
        if is_last or guess < wanted:
            descent.settle()
            energy, missing = descent.energy, descent.missing()
            n_looks += 1
            if is_last or missing < wanted:
                break
            looked = descent.drop
    lower = energy * (1 - ROUNDING) - missing
    if n_after and descent.rz > EXHAUSTED * energy:
        for _ in range(n_after):
            descent.advance()
        descent.settle()
        energy = descent.energy
    upper = energy * (1 + ROUNDING)
    first_rz = descent.first_rz
    return Solution(
        energy=energy,
        lower=max(0.0, lower),
        upper=upper,
        layer_power=descent.power,
        potential=descent.potential,
        iterations=descent.iterations,
        n_looks=n_looks,
        residual=math.sqrt(max(0.0, descent.rz / first_rz)) if first_rz > 0 else 0.0,
        is_converged=upper - lower < max(tolerance * upper, negligible),
    )


def estimate_energy(
    grid: FinestGrid[Vector], tolerance: float, max_iterations: int, negligible: float = 0.0
) -> float | None:
    """Return the energy without any interval: an estimate, for what is no result of its own.

    None where it is still falling after ``max_iterations``.

    What the energy fell by in the last iterations is a lower bound of what was missing before them
    (Hestenes & Stiefel, J. Res. Natl. Bur. Stand. 49 (1952) 409; Strakoš & Tichý, ETNA 13 (2002)
    56). It stops when that, over ``N_BEHIND`` iterations, is below the tolerance.
    """
    descent = Descent(grid)
    drops: list[float] = []
    for _ in range(max_iterations):
        descent.advance()
        drops.append(descent.drop)
        wanted = max(tolerance * descent.energy, negligible)
        is_near = len(drops) > N_BEHIND and sum(drops[-N_BEHIND:]) < wanted
        if is_near or descent.rz <= EXHAUSTED * descent.energy:
            return descent.energy
    return None


def _ahead(descent: Descent[Vector]) -> float:
    """Guess from how fast the energy falls how much farther it will."""
    if descent.last_drop <= 0:
        return math.inf
    rate = min(max(descent.drop / descent.last_drop, 0.05), 0.9)
    return descent.drop * rate / (1 - rate)
