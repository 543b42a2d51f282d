import numpy as np
import pytest

from simulators.microstructure.stochastic.particle_shape import (
    elongation_and_flatness,
    half_axes,
    shape_class,
)


@pytest.mark.parametrize(
    ("elongation", "flatness", "expected"),
    [
        (1.0, 1.0, "spherical"),
        (3.0, 1.0, "prolate"),
        (1.0, 3.0, "oblate"),
        (2.0, 2.0, "bladed"),
        (1.4, 1.4, "spherical"),
    ],
)
def test_shapes_are_classed_after_zingg(elongation, flatness, expected):
    assert shape_class(elongation, flatness) == expected


def test_half_axes_keep_the_volume_and_the_ratios():
    axes = half_axes(np.asarray([1.0, 2.0]), 3.0, 1.5)
    assert np.prod(axes, axis=1) == pytest.approx([1.0, 8.0])
    assert axes[:, 0] / axes[:, 1] == pytest.approx([3.0, 3.0])
    assert axes[:, 1] / axes[:, 2] == pytest.approx([1.5, 1.5])


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [((5.0, 5.0), (1.0, 5.0)), ((0.5, 0.5), (2.0, 1.0)), ((5.0, 0.5), (5.0, 2.0))],
)
def test_axis_ratios_from_half_to_five_are_elongation_and_flatness(ratios, expected):
    assert elongation_and_flatness(*ratios) == pytest.approx(expected)
