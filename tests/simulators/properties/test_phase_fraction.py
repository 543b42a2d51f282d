from __future__ import annotations

import itertools

import numpy as np
import pytest

from simulators.properties.phase_fraction import fraction_uncertainty
from tests.simulators.properties.shapes import gaussian_field

ONE = (1.0, 1.0, 1.0)


@pytest.mark.parametrize("scale", [1.5, 3.0])
def test_the_deviation_from_one_image_is_that_between_many(scale):
    windows = [
        field[a : a + 40, b : b + 40, c : c + 40]
        for seed in range(3)
        for field in (gaussian_field((120,) * 3, scale, seed) > 0.2,)
        for a, b, c in itertools.product(range(0, 120, 40), repeat=3)
    ]
    fractions = np.array([window.mean() for window in windows])
    found = [fraction_uncertainty(window, ONE) for window in windows[:24]]
    deviation = np.array([f.standard_deviation for f in found])
    assert np.sqrt(np.mean(deviation**2)) == pytest.approx(fractions.std(), rel=0.25)
    held = np.abs(fractions[:24] - fractions.mean()) < [f.half_width_95 for f in found]
    assert held.mean() > 0.8
    assert all(f.is_resolved for f in found)


def test_noise_has_the_deviation_of_independent_voxels():
    mask = np.random.default_rng(0).random((60, 50, 40)) < 0.3
    found = fraction_uncertainty(mask, (1e-6,) * 3)
    assert found.standard_deviation == pytest.approx(np.sqrt(0.3 * 0.7 / mask.size), rel=0.2)
    assert found.integral_range_m3 == pytest.approx(1e-18, rel=0.4)


def test_coarse_blocks_keep_the_deviation():
    mask = gaussian_field((128, 128, 128), 4, 3) > 0
    small = fraction_uncertainty(mask[:64, :64, :64], ONE).integral_range_m3
    large = fraction_uncertainty(mask, ONE).integral_range_m3
    assert large == pytest.approx(small, rel=0.5)


def test_an_image_smaller_than_its_structure_says_so():
    mask = gaussian_field((64, 64, 64), 14, 1)[:32, :32, :32] > -0.2
    assert not fraction_uncertainty(mask, ONE).is_resolved


@pytest.mark.parametrize("value", [True, False])
def test_an_empty_and_a_full_image_have_no_deviation(value):
    found = fraction_uncertainty(np.full((9, 9, 9), value), ONE)
    assert found.standard_deviation == 0
    assert found.fraction == float(value)
