"""What grading is worth: ``python -m tests.benchmarks.grading positive|negative``.

positive   energy of a 2.5C discharge, 75 µm positive at a mean porosity of 0.25, same active mass
negative   minutes from 10% to 80% with the plating limit, over the negative's porosity profile
"""

from __future__ import annotations

import itertools
import json
import sys
from dataclasses import replace

import numpy as np

from experiments.errors import DesignFailed
from experiments.fidelity import FINE_MESH_POINTS
from simulators.cell.balance import balance
from simulators.cell.chemistry import load_chemistry
from simulators.cell.discharge import Conditions, discharge
from simulators.cell.fast_charge import fast_charge
from simulators.cell.p2d_inputs import DesignInputs, ElectrodeInputs
from simulators.cell.p2d_model import MeshSize

BRUGGEMAN = 1.5
LEAST_POROSITY = 0.15
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
    if porosities.min() < LEAST_POROSITY - 1e-9 or porosities.max() > 0.8:
        return None
    return tuple(float(value) for value in porosities)


def positive(c_rate: float = 2.5, porosity: float = 0.25) -> dict[str, object]:
    """Search profiles of the positive that hold the same active mass."""
    cell = even_cell(75e-6, porosity, 0.35)
    conditions = Conditions(
        power_W_per_m2=c_rate * 3.65 * cell.capacity_Ah_per_m2,
        resistance_Ohm_m2=0.0,
        temperature_K=298.15,
        mesh=MESH,
    )
    same_mean = discharge(cell, conditions).energy_Wh_per_m2
    uniform = {}
    for other in np.arange(0.2, 0.66, 0.02):
        thickness_m = 75e-6 * (1.0 - porosity) / (1.0 - other)
        moved = even_cell(thickness_m, float(other), 0.35)
        uniform[round(float(other), 2)] = discharge(moved, conditions).energy_Wh_per_m2
    graded = _graded(75e-6 * (1.0 - porosity), (porosity,), conditions)
    best = max(graded, key=lambda key: graded[key])
    best_uniform = max(uniform, key=lambda key: uniform[key])
    means = (best_uniform - 0.04, best_uniform - 0.02, best_uniform, best_uniform + 0.02)
    free = _graded(75e-6 * (1.0 - porosity), means, conditions)
    best_free = max(free, key=lambda key: free[key])
    return {
        "c_rate": c_rate,
        "same-mean uniform Wh/m2": same_mean,
        "best uniform": [best_uniform, uniform[best_uniform]],
        "best graded": [best, graded[best]],
        "gain over same mean": graded[best] / same_mean - 1.0,
        "best graded of any mean": [best_free, free[best_free]],
        "gain of any mean over best uniform": free[best_free] / uniform[best_uniform] - 1.0,
    }


def _graded(
    solid_m: float, means: tuple[float, ...], conditions: Conditions
) -> dict[tuple[float, ...], float]:
    """Return porosities → energy for profiles whose solid would be ``solid_m`` thick."""
    energies: dict[tuple[float, ...], float] = {}
    for mean in means:
        cell = even_cell(solid_m / (1.0 - mean), mean, 0.35)
        for slope, bend in itertools.product(np.arange(0.0, 0.26, 0.05), (-0.05, 0.0, 0.05)):
            porosities = knots_of(mean, float(slope), float(bend))
            if porosities is None:
                continue
            knots = profile(cell.positive, porosities)
            try:
                found = discharge(replace(cell, positive_knots=knots), conditions)
            except DesignFailed:
                continue
            energies[porosities] = found.energy_Wh_per_m2
    return energies


def negative() -> dict[str, object]:
    """Search the negative's porosity profile for the shortest charge."""
    conditions = Conditions(
        power_W_per_m2=1.0, resistance_Ohm_m2=0.0, temperature_K=298.15, mesh=MESH
    )
    balanced = balance(SET, 1.1)

    def minutes(cell: DesignInputs) -> float:
        return fast_charge(cell, balanced, conditions, limit_per_h=4.0).duration_s / 60.0

    means = [round(float(mean), 2) for mean in np.arange(0.25, 0.71, 0.05)]
    cells = {mean: even_cell(75e-6, 0.3, mean) for mean in means}
    uniform = {mean: minutes(cell) for mean, cell in cells.items()}
    graded: dict[tuple[float, ...], float] = {}
    for mean, slope, bend in itertools.product(means, (0.1, 0.2), (-0.05, 0.0)):
        porosities = knots_of(mean, slope, bend)
        if porosities is not None:
            cell = cells[mean]
            knots = profile(cell.negative, porosities)
            graded[porosities] = minutes(replace(cell, negative_knots=knots))
    best = min(graded, key=lambda key: graded[key])
    best_uniform = min(uniform, key=lambda key: uniform[key])
    same_mean = round(float(np.trapezoid(best, np.linspace(0.0, 1.0, 5))), 2)
    return {
        "uniform min": uniform,
        "best uniform": [best_uniform, uniform[best_uniform]],
        "best graded": [best, graded[best]],
        "gain over same mean": 1.0 - graded[best] / uniform[same_mean],
        "gain over best uniform": 1.0 - graded[best] / uniform[best_uniform],
    }


if __name__ == "__main__":
    if sys.argv[1] == "negative":
        print(json.dumps(negative(), indent=1))
    else:
        print(json.dumps(positive(*(float(value) for value in sys.argv[2:])), indent=1))
