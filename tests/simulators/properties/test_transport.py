"""Transport: analytic answers, an assembled matrix, published values."""

import numpy as np
import pytest
import tifffile

from experiments.errors import Invalid
from simulators.properties.transport import solve_conduction


def test_a_uniform_conductor_has_its_own_conductivity():
    labels = np.ones((6, 5, 7), np.uint8)

    result = solve_conduction((labels, {1: 3.5}))

    assert result.relative == pytest.approx(3.5, rel=1e-6)
    assert result.tortuosity_factor == pytest.approx(1.0)


def test_layers_in_series_give_the_harmonic_mean():
    labels = np.zeros((9, 4, 4), np.uint8)
    labels[3:] = 1

    result = solve_conduction((labels, {0: 1.0, 1: 1e-3}), tolerance=1e-5)

    exact = 1 / (3 / 9 / 1.0 + 6 / 9 / 1e-3)
    assert result.lower <= exact <= result.upper
    assert result.relative == pytest.approx(exact, rel=1e-5)


def test_a_blocked_structure_says_why():
    labels = np.ones((6, 5, 7), np.uint8)
    labels[3] = 0

    result = solve_conduction((labels, {1: 1.0}))

    assert result.relative == result.upper == 0
    assert result.tortuosity_factor is None
    assert result.percolating_fraction == 0


def test_a_label_without_voxels_is_refused():
    with pytest.raises(Invalid, match="label 4 has a conductivity but no voxel"):
        solve_conduction((np.ones((3, 3, 3), np.uint8), {1: 1.0, 4: 1.0}))


def test_the_generated_cathode_has_its_published_tortuosity(shared_data):
    labels = tifffile.imread(shared_data / "nmc_cathode_generated.tif")

    result = solve_conduction((labels, {0: 1.0}))

    assert result.tortuosity_factor == pytest.approx(2.0772, rel=1e-3)
