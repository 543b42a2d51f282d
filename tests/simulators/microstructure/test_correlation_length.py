import numpy as np
import pytest
from scipy.spatial import cKDTree

from simulators.microstructure.correlation_length import correlation_lengths_m

SIZE_M = (1e-6, 1e-6, 1e-6)


def stripes(axis, n_voxels=400, width=10):
    """Return slabs, ``width`` full and ``width`` empty, in a long thin volume."""
    line = (np.arange(n_voxels) // width) % 2 == 0
    return np.moveaxis(np.broadcast_to(line, (4, 4, n_voxels)), 2, axis).copy()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_stripes_of_even_width_fall_along_a_straight_line(axis):
    # The autocovariance of a square wave is 1 − 2·lag/width: it is 1/e at (1 − 1/e)/2 widths.
    found = correlation_lengths_m(stripes(axis), SIZE_M)
    assert found[axis] == pytest.approx(10e-6 * (1.0 - np.exp(-1.0)) / 2.0, rel=0.02)


def test_an_axis_along_which_nothing_changes_gives_half_its_length():
    found = correlation_lengths_m(stripes(2), SIZE_M)
    assert found[:2] == pytest.approx((2e-6, 2e-6))


def test_random_voxels_forget_within_one_voxel():
    mask = np.random.default_rng(0).random((40, 40, 40)) < 0.4
    for length_m in correlation_lengths_m(mask, SIZE_M):
        assert length_m == pytest.approx((1.0 - np.exp(-1.0)) * 1e-6, rel=0.05)


def test_each_axis_is_measured_in_its_own_voxel_size():
    mask = np.random.default_rng(0).random((40, 40, 40)) < 0.4
    even = correlation_lengths_m(mask, SIZE_M)
    found = correlation_lengths_m(mask, (2e-6, 1e-6, 0.5e-6))
    assert found == pytest.approx((2.0 * even[0], even[1], 0.5 * even[2]))


def test_overlapping_spheres_follow_their_closed_form():
    # Boolean model (Torquato 2002, Random Heterogeneous Materials, section 5.2.1): the void's
    # two-point function is void^(v2/v1) with v2 the union of two spheres a lag apart.
    radius, n = 4.0, 64
    random = np.random.default_rng(3)
    centres = random.random((700, 3)) * n
    grid = np.indices((n, n, n)).reshape(3, -1).T + 0.5
    nearest, _ = cKDTree(centres, boxsize=n).query(grid)
    void = (nearest > radius).reshape(n, n, n)
    lags = np.linspace(0.0, radius, 601)
    x = lags / (2.0 * radius)
    union = 1.0 + 1.5 * x - 0.5 * x**3
    share = void.mean()
    covariance = (share**union - share**2) / (share - share**2)
    expected = np.interp(-np.exp(-1.0), -covariance, lags)
    found = np.mean(correlation_lengths_m(void, SIZE_M)) * 1e6
    assert found == pytest.approx(expected, rel=0.08)


def test_a_volume_of_one_phase_has_no_length():
    assert correlation_lengths_m(np.ones((8, 8, 8), dtype=bool), SIZE_M) == (0.0, 0.0, 0.0)
