"""The certified interval against an independent assembled system, on hundreds of structures."""

import numpy as np
import pytest

from simulators.properties.transport import solve_conduction
from tests.simulators.properties.assembled import assembled_conductivity
from tests.simulators.properties.random_structures import FAMILIES, random_problem

TOLERANCES = (1e-2, 1e-3, 1e-3, 1e-4)
DIRECT = 1e-9
"""What the direct solution itself may lack."""


def misses(family, seeds):
    """Return the problems whose interval lacks the truth, or that stopped short of it."""
    missed, n_percolating = [], 0
    for seed in seeds:
        problem = random_problem(family, seed)
        if problem.labels.shape[problem.axis] < 2:
            continue
        truth = assembled_conductivity(
            problem.dense, problem.spacing_m, periodic=problem.sides == "periodic"
        )
        found = solve_conduction(
            (problem.labels, problem.conductivity),
            axis=problem.axis,
            voxel_size_m=problem.voxel_size_m,
            sides=problem.sides,
            tolerance=TOLERANCES[seed % len(TOLERANCES)],
            n_threads=1 + seed % 2,
        )
        n_percolating += truth > 0
        is_inside = found.lower <= truth * (1 + DIRECT) and truth <= found.upper * (1 + DIRECT)
        if not (is_inside and found.is_converged and found.lower <= found.relative <= found.upper):
            missed.append((seed, truth, found))
    return missed, n_percolating


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_the_interval_contains_the_truth_every_time(family):
    missed, n_percolating = misses(family, range(48))

    assert not missed
    assert n_percolating >= 35


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_the_interval_contains_the_truth_in_thousands_of_structures(family):
    missed, _ = misses(family, range(1000, 1400))

    assert not missed


def test_a_narrower_interval_lies_within_a_wider_one():
    problem = random_problem(FAMILIES[1], 3)

    def interval(tolerance):
        found = solve_conduction(
            (problem.labels, problem.conductivity), axis=problem.axis, tolerance=tolerance
        )
        return np.array([found.lower, found.upper])

    wide, narrow = interval(5e-2), interval(1e-4)
    assert wide[0] <= narrow[1]
    assert narrow[0] <= wide[1]
    assert narrow[1] - narrow[0] <= 1e-4 * narrow[1]
