from __future__ import annotations

import numpy as np
import pytest

from simulators.properties.two_point import two_point_correlation
from tests.simulators.properties.shapes import gaussian_field


def test_it_starts_at_the_fraction_and_ends_at_its_square():
    labels = (gaussian_field((96,) * 3, 3, 1) > 0.5).astype(np.uint8)
    fraction = labels.mean()
    found = two_point_correlation(labels, 0, 1e-6, n_phases=2)[1]
    assert found.probability[0] == pytest.approx(fraction)
    assert found.probability[-1] == pytest.approx(fraction**2, rel=0.1)
    assert found.lag_m[1] == 1e-6


def test_it_equals_counting_pairs():
    labels = np.random.default_rng(2).integers(0, 3, (12, 14, 16)).astype(np.uint8)
    for axis in range(3):
        found = two_point_correlation(labels, axis, 1.0, n_phases=3)
        turned = np.moveaxis(labels, axis, 0)
        for phase in range(3):
            near, far = turned[:-3] == phase, turned[3:] == phase
            assert found[phase].probability[3] == pytest.approx((near & far).mean())


def test_a_median_cut_gaussian_field_follows_the_arcsine_law():
    # S₂(r) = 1/4 + arcsin ρ(r)/2π for a cut at the median, ρ = exp(−r²/4s²) after smoothing by s
    scale = 4.0
    found = [
        two_point_correlation(
            (gaussian_field((96,) * 3, scale, s) > 0).astype(np.uint8), a, 1, n_phases=2
        )[1]
        for s in range(3)
        for a in range(3)
    ]
    lag = found[0].lag_m[:13]
    law = 0.25 + np.arcsin(np.exp(-(lag**2) / (4 * scale**2))) / (2 * np.pi)
    assert np.mean([f.probability[:13] for f in found], axis=0) == pytest.approx(law, abs=0.01)


def test_noise_is_uncorrelated_and_a_uniform_phase_has_no_length():
    noise = (np.random.default_rng(0).random((40, 40, 40)) < 0.3).astype(np.uint8)
    assert two_point_correlation(noise, 1, 1.0, n_phases=2)[1].correlation_length_m < 0.6
    assert (
        two_point_correlation(np.zeros((8, 8, 8), np.uint8), 1, 1.0, n_phases=2)[
            0
        ].correlation_length_m
        == 0
    )
