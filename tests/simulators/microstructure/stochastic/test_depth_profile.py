import numpy as np
import pytest

from experiments.architecture import Architecture
from experiments.errors import Invalid
from simulators.microstructure.stochastic.depth_profile import (
    DepthProfile,
    flat,
    size_profile,
    solid_profile,
)


def test_a_linear_difference_keeps_the_mean_porosity():
    profile = solid_profile(Architecture(porosity_difference=0.2), porosity=0.4)
    assert profile.mean == pytest.approx(1.0)
    local = 1.0 - 0.6 * profile.at(np.asarray([0.0, 0.5, 1.0]))
    assert local == pytest.approx([0.3, 0.4, 0.5])


def test_two_layers_keep_the_mean_porosity():
    two = Architecture(porosity_difference=-0.2, layer_boundary=0.25)
    profile = solid_profile(two, porosity=0.4)
    assert profile.mean == pytest.approx(1.0)
    local = 1.0 - 0.6 * profile.at(np.asarray([0.1, 0.9]))
    assert local[1] - local[0] == pytest.approx(-0.2)
    assert 0.25 * local[0] + 0.75 * local[1] == pytest.approx(0.4)


def test_free_knots_are_shifted_to_the_mean_porosity():
    knots = Architecture(porosity_knots=((0.0, 0.5), (0.5, 0.3), (1.0, 0.5)))
    profile = solid_profile(knots, porosity=0.35)
    assert profile.mean == pytest.approx(1.0)
    local = 1.0 - 0.65 * profile.at(np.asarray([0.0, 0.5]))
    assert local == pytest.approx([0.45, 0.25])


@pytest.mark.parametrize(
    ("architecture", "name"),
    [
        (Architecture(porosity_difference=0.7), "architecture.porosity_difference"),
        (Architecture(porosity_knots=((0.0, 0.9), (1.0, 0.1))), "architecture.porosity_knots"),
    ],
)
def test_a_profile_that_leaves_0_to_1_is_refused_by_name(architecture, name):
    with pytest.raises(Invalid, match=name):
        solid_profile(architecture, porosity=0.3)


def test_sizes_grade_around_the_recipe_s():
    profile = size_profile(Architecture(size_ratio=4.0))
    assert profile.at(np.asarray([0.0, 0.5, 1.0])) == pytest.approx([0.5, 1.0, 2.0])
    assert size_profile(None).is_flat


def test_a_product_keeps_steps_and_has_mean_one():
    step = DepthProfile(np.asarray([0.0, 0.5, 0.5, 1.0]), np.asarray([1.0, 1.0, 3.0, 3.0]))
    product = flat(2.0).times(step)
    assert product.mean == pytest.approx(1.0)
    assert product.at(np.asarray([0.49, 0.51])) == pytest.approx([0.5, 1.5])
