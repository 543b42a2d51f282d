import numpy as np
import pytest

from simulators.microstructure.stochastic.size_distribution import lognormal, size_distribution
from tests.contracts.generator_contract import RECIPE


def volume_quantiles(diameters, shares):
    order = np.argsort(diameters)
    cumulative = np.cumsum(diameters[order] ** 3)
    return np.interp(shares, cumulative / cumulative[-1], diameters[order])


def test_the_median_by_volume_and_the_spread_are_as_asked():
    drawn = lognormal(6.0, 0.3, 0.3).draw(np.random.default_rng(1), 200_000)
    d16, d50, d84 = volume_quantiles(drawn, [0.1587, 0.5, 0.8413])
    assert d50 == pytest.approx(6.0, rel=0.02)
    # The tails beyond 2.5 standard deviations are left out, which narrows the rest slightly.
    assert np.log(d84 / d16) / 2.0 == pytest.approx(0.3, rel=0.05)


def test_d10_d50_d90_come_back_by_volume():
    recipe = RECIPE.model_copy(update={"particle_d10_m": 3e-6, "particle_d90_m": 9e-6})
    drawn = size_distribution(recipe).draw(np.random.default_rng(2), 300_000)
    found = volume_quantiles(drawn, [0.1, 0.5, 0.9])
    assert found == pytest.approx([3e-6, 6e-6, 9e-6], rel=0.04)


def test_a_measured_histogram_comes_back_by_volume():
    histogram = ((2e-6, 0.0), (4e-6, 1.0), (6e-6, 3.0), (10e-6, 1.0))
    recipe = RECIPE.model_copy(update={"particle_histogram": histogram})
    drawn = size_distribution(recipe).draw(np.random.default_rng(3), 200_000)
    shares = np.histogram(drawn, [2e-6, 4e-6, 6e-6, 10e-6], weights=drawn**3)[0]
    assert shares / shares.sum() == pytest.approx([0.2, 0.6, 0.2], abs=0.01)


def test_no_spread_gives_equal_particles():
    drawn = lognormal(5e-6, 0.0, 0.0).draw(np.random.default_rng(4), 10)
    assert drawn == pytest.approx(np.full(10, 5e-6))
