import numpy as np
import pytest

from simulators.microstructure.stochastic.migration import binder_profile, peclet_number
from tests.contracts.generator_contract import RECIPE


def test_slow_drying_leaves_the_binder_even():
    assert binder_profile(RECIPE).is_flat


def test_binder_falls_from_the_drying_surface_by_exp_of_the_peclet_number():
    recipe = RECIPE.model_copy(update={"drying_rate_kg_per_m2_s": 2e-3})
    profile = binder_profile(recipe)
    top, bottom = profile.at(np.asarray([0.0, 1.0]))
    assert profile.mean == pytest.approx(1.0)
    assert top / bottom == pytest.approx(np.exp(peclet_number(2e-3, recipe.thickness_m)))
    assert peclet_number(2e-3, 75e-6) == pytest.approx(2e-3 * 75e-6 / 1030.0 / 1e-10)
