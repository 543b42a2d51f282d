import numpy as np
import pytest

from simulators.microstructure.stochastic.orientation import along_thickness, rotations


def turned(a1, a2=1.0, n=20_000):
    return rotations(np.random.default_rng(1), n, a1=a1, a2=a2)


def test_columns_are_perpendicular_unit_axes():
    r = turned(0.3, 2.0, n=50)
    assert np.allclose(np.einsum("nij,nik->njk", r, r), np.eye(3))
    assert np.allclose(np.linalg.det(r), 1.0)


def test_without_bias_all_axes_are_random():
    r = turned(1.0)
    for axis in range(3):
        assert along_thickness(r[:, :, axis]) == pytest.approx(1 / 3, abs=0.01)


def test_a_small_a1_stands_the_longest_axis_up():
    # E[z²/(z² + a²(1 − z²))] over a random direction, by quadrature.
    z = (np.arange(100_000) + 0.5) / 100_000
    expected = np.mean(z**2 / (z**2 + 0.01 * (1 - z**2)))
    assert along_thickness(turned(0.1)[:, :, 0]) == pytest.approx(expected, abs=0.01)


def test_a_large_a1_lays_long_and_middle_axes_down():
    r = turned(10.0)
    assert along_thickness(r[:, :, 0]) < 0.1
    assert along_thickness(r[:, :, 2]) > 0.7


def test_a2_turns_lying_axes_towards_one_direction_of_the_plane():
    r = turned(10.0, 10.0)
    assert np.mean(r[:, 1, 0] ** 2) > 3 * np.mean(r[:, 2, 0] ** 2)
