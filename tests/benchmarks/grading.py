"""What grading is worth: ``python -m tests.benchmarks.grading positive|negative``.

positive   energy of a 2.5C discharge, 75 µm positive at a mean porosity of 0.25, same active mass
negative   minutes from 10% to 80% with the plating limit, over the negative's porosity profile

Profiles have five knots and three numbers (mean, slope, bend), which a simplex search moves.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from experiments.errors import DesignFailed
from experiments.fidelity import FINE_MESH_POINTS
from simulators.cell.balance import balance
from simulators.cell.chemistry import load_chemistry
from simulators.cell.discharge import Conditions, discharge
from simulators.cell.fast_charge import fast_charge
from simulators.cell.p2d_inputs import DesignInputs, ElectrodeInputs
from simulators.cell.p2d_model import MeshSize

BRUGGEMAN = 1.5
LEAST_POROSITY, HIGHEST_POROSITY = 0.15, 0.85
MESH = MeshSize.of(FINE_MESH_POINTS)
SET = "Chen2020"


def even_cell(
    thickness_m: float, porosity: float, negative_porosity: float, *, inactive: float = 0.0
) -> DesignInputs:
    """Return a cell of the set's materials; Deff/D0 = ε^1.5, the negative at N/P = 1.1."""
    chemistry, balanced = load_chemistry(SET), balance(SET, 1.1)
    active = 1.0 - porosity - inactive
    sites = active * thickness_m * chemistry.positive.total_capacity_Ah_per_m3
    negative_active = chemistry.negative.active_fraction_at(negative_porosity)
    positive = ElectrodeInputs(
        thickness_m=thickness_m,
        porosity=porosity,
        active_fraction=active,
        pore_transport=porosity**BRUGGEMAN,
        conductivity_S_per_m=5.0,
        particle_radius_m=chemistry.positive.particle_radius_m,
        area_factor=1.0,
        initial_concentration_mol_per_m3=balanced.y100
        * chemistry.positive.maximum_concentration_mol_per_m3,
    )
    negative = ElectrodeInputs(
        thickness_m=balanced.negative_sites
        * sites
        / (negative_active * chemistry.negative.total_capacity_Ah_per_m3),
        porosity=negative_porosity,
        active_fraction=negative_active,
        pore_transport=negative_porosity**BRUGGEMAN,
        conductivity_S_per_m=chemistry.negative.conductivity_S_per_m,
        particle_radius_m=chemistry.negative.particle_radius_m,
        area_factor=1.0,
        initial_concentration_mol_per_m3=balanced.x100
        * chemistry.negative.maximum_concentration_mol_per_m3,
    )
    return DesignInputs(negative, positive, balanced.usable_share * sites)


def profile(even: ElectrodeInputs, porosities: tuple[float, ...]) -> tuple[ElectrodeInputs, ...]:
    """Return knots with these porosities and the same solid composition everywhere."""
    return tuple(
        replace(
            even,
            porosity=porosity,
            active_fraction=even.active_fraction * (1.0 - porosity) / (1.0 - even.porosity),
            pore_transport=porosity**BRUGGEMAN,
        )
        for porosity in porosities
    )


def knots_of(mean: float, slope: float, bend: float) -> tuple[float, ...] | None:
    """Return five porosities, separator first, with a mean; None where one is out of bounds."""
    depth = np.linspace(0.0, 1.0, 5)
    raw = slope * (0.5 - depth) + bend * (2.0 * depth - 1.0) ** 2
    porosities = raw - np.trapezoid(raw, depth) + mean
    if porosities.min() < LEAST_POROSITY - 1e-9 or porosities.max() > HIGHEST_POROSITY:
        return None
    return tuple(float(value) for value in porosities)


def best_profile(
    score: Callable[[tuple[float, ...]], float], starts: Sequence[tuple[float, float, float]]
) -> tuple[tuple[float, ...], float]:
    """Return the profile with the lowest score and that score, by Nelder and Mead's simplex.

    A start is (mean, slope, bend) of ``knots_of``. The simplex moves all three; ``score`` gives
    infinity for what is not allowed.
    """

    def of(numbers: npt.NDArray[np.float64]) -> float:
        porosities = knots_of(*(float(number) for number in numbers))
        return math.inf if porosities is None else score(porosities)

    found = [
        minimize(
            of,
            start,
            method="Nelder-Mead",
            options={
                "initial_simplex": np.asarray(start) + np.vstack([np.zeros(3), -0.04 * np.eye(3)]),
                "xatol": 2e-3,
                "fatol": 1e-3,
                "maxfev": 150,
            },
        )
        for start in starts
    ]
    best = min(found, key=lambda one: float(one.fun))
    porosities = knots_of(*(float(number) for number in best.x))
    assert porosities is not None
    return porosities, float(best.fun)


def mean_of(porosities: tuple[float, ...]) -> float:
    """Return the mean of a profile that is linear between its knots."""
    return float(np.trapezoid(porosities, np.linspace(0.0, 1.0, len(porosities))))


def positive(c_rate: float = 2.5, porosity: float = 0.25) -> dict[str, object]:
    """Search profiles of the positive that hold the same active mass, for several highest means.

    The more porous, the thicker and the more energy per area; a whole cell pays for the thickness,
    so that a highest mean is what a designer would set.
    """
    cell = even_cell(75e-6, porosity, 0.35)
    solid_m = 75e-6 * (1.0 - porosity)
    conditions = Conditions(
        power_W_per_m2=c_rate * 3.65 * cell.capacity_Ah_per_m2,
        resistance_Ohm_m2=0.0,
        temperature_K=298.15,
        mesh=MESH,
    )

    def energy(porosities: tuple[float, ...]) -> float:
        mean = mean_of(porosities)
        even = even_cell(solid_m / (1.0 - mean), mean, 0.35)
        if len(porosities) > 1:
            even = replace(even, positive_knots=profile(even.positive, porosities))
        try:
            return discharge(even, conditions).energy_Wh_per_m2
        except DesignFailed:
            return -math.inf

    def at_the_same_mean(porosities: tuple[float, ...]) -> float:
        scaled = tuple(one + porosity - mean_of(porosities) for one in porosities)
        return -energy(scaled) if min(scaled) >= LEAST_POROSITY - 1e-9 else math.inf

    def unless_above(highest_mean: float, porosities: tuple[float, ...]) -> float:
        return -energy(porosities) if mean_of(porosities) <= highest_mean + 1e-9 else math.inf

    same_mean = discharge(cell, conditions).energy_Wh_per_m2
    uniform = {
        round(float(mean), 2): energy((float(mean),) * 5) for mean in np.arange(0.2, 0.851, 0.025)
    }
    graded, lowest = best_profile(at_the_same_mean, [(porosity, 0.1, 0.05), (porosity, 0.2, 0.05)])
    shift = porosity - mean_of(graded)
    rows = {}
    for highest_mean in (0.35, 0.45, HIGHEST_POROSITY):
        allowed = {mean: one for mean, one in uniform.items() if mean <= highest_mean + 1e-9}
        even = max(allowed, key=lambda mean: allowed[mean])
        best, most = best_profile(
            partial(unless_above, highest_mean), [(even, 0.1, 0.05), (even, 0.0, 0.0)]
        )
        rows[f"mean at most {highest_mean:g}"] = {
            "best uniform": [even, allowed[even]],
            "best graded": [[round(one, 3) for one in best], -most],
            "gain": -most / allowed[even] - 1.0,
        }
    return {
        "c_rate": c_rate,
        "same-mean uniform Wh/m2": same_mean,
        "best graded": [[round(one + shift, 3) for one in graded], -lowest],
        "gain over same mean": -lowest / same_mean - 1.0,
        **rows,
    }


def negative() -> dict[str, object]:
    """Search the negative's porosity profile for the shortest charge, for several highest means.

    A porous negative charges faster and makes the cell larger, so that a highest mean is what a
    designer would set.
    """
    conditions = Conditions(
        power_W_per_m2=1.0, resistance_Ohm_m2=0.0, temperature_K=298.15, mesh=MESH
    )
    balanced = balance(SET, 1.1)

    def minutes(porosities: tuple[float, ...], highest_mean: float) -> float:
        mean = mean_of(porosities)
        if mean > highest_mean + 1e-9:
            return math.inf
        cell = even_cell(75e-6, 0.3, mean)
        if min(porosities) < max(porosities):
            cell = replace(cell, negative_knots=profile(cell.negative, porosities))
        return fast_charge(cell, balanced, conditions, limit_per_h=4.0).duration_s / 60.0

    uniform = {
        round(float(mean), 3): minutes((float(mean),) * 5, 1.0)
        for mean in np.arange(0.25, 0.801, 0.025)
    }
    rows = {}
    for highest_mean in (0.35, 0.45, HIGHEST_POROSITY):
        allowed = {mean: one for mean, one in uniform.items() if mean <= highest_mean}
        even = min(allowed, key=lambda mean: allowed[mean])
        best, shortest = best_profile(
            partial(minutes, highest_mean=highest_mean),
            [(even, 0.1, 0.0), (even, 0.2, 0.0)],
        )
        rows[f"mean at most {highest_mean:g}"] = {
            "best uniform": [even, allowed[even]],
            "best graded": [[round(one, 3) for one in best], shortest],
            "gain": 1.0 - shortest / allowed[even],
        }
    return {"uniform min": uniform, **rows}


if __name__ == "__main__":
    if sys.argv[1] == "negative":
        print(json.dumps(negative(), indent=1))
    else:
        print(json.dumps(positive(*(float(value) for value in sys.argv[2:])), indent=1))
