"""The output warp: inverse, slope, and moments against sampling and against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import yeojohnson

from agents.surrogates.warp import Warp

Z = np.linspace(-4, 4, 41)


@pytest.mark.parametrize("power", [0.1, 0.7, 1.0, 1.5, 1.95])
def test_the_warp_is_yeo_and_johnsons(power):
    np.testing.assert_allclose(Warp(power).forward(Z), yeojohnson(Z, power), atol=1e-12)


@pytest.mark.parametrize("power", [0.1, 0.7, 1.0, 1.5, 1.95])
def test_the_inverse_undoes_the_warp(power):
    warp = Warp(power)
    np.testing.assert_allclose(warp.inverse(warp.forward(Z)), Z, atol=1e-9)


@pytest.mark.parametrize("power", [0.1, 1.0, 1.9])
def test_the_slope_is_the_derivative(power):
    warp = Warp(power)
    step = 1e-6
    slope = (warp.forward(Z + step) - warp.forward(Z - step)) / (2 * step)
    np.testing.assert_allclose(warp.slope(Z), slope, rtol=1e-4)


@pytest.mark.parametrize("power", [0.4, 1.0, 1.7])
def test_moments_are_those_of_samples(power):
    warp = Warp(power)
    samples = warp.inverse(0.3 + 0.6 * np.random.default_rng(0).standard_normal(400_000))
    mean, sd = warp.moments(np.array([0.3]), np.array([0.6]))
    assert mean[0] == pytest.approx(samples.mean(), abs=0.01)
    assert sd[0] == pytest.approx(samples.std(), rel=0.01)
