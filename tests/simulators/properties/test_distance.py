from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from simulators.properties.distance import NO_WALL, squared_distance


@pytest.mark.parametrize("seed", range(12))
def test_distances_equal_scipys_whatever_the_shape_and_voxel(seed):
    rng = np.random.default_rng(seed)
    mask = rng.random(rng.integers(1, 24, 3)) < rng.choice([0.5, 0.9, 0.99])
    mask.flat[0] = False
    spacing = tuple(rng.choice([1.0, 0.7, 2.3], 3))
    found = np.sqrt(squared_distance(mask, spacing, n_threads=2))
    assert found == pytest.approx(distance_transform_edt(mask, sampling=spacing), rel=1e-5)


def test_a_mask_without_wall_is_infinitely_far():
    assert np.all(squared_distance(np.ones((3, 4, 5), bool)) == np.float32(NO_WALL))
    assert np.all(squared_distance(np.zeros((3, 4, 5), bool)) == 0)


def test_within_reach_distances_are_exact_and_beyond_it_larger():
    mask = np.random.default_rng(5).random((30, 31, 32)) < 0.998
    whole, near = squared_distance(mask), squared_distance(mask, reach=4.0)
    assert np.array_equal(whole[whole <= 16], near[whole <= 16])
    assert np.all(near[whole > 16] > 16)
