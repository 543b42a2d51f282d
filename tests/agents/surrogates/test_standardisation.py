"""One scale for all levels, a location for each."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from agents.surrogates.standardisation import standardisation
from tests.agents.surrogates.test_process import data_of


def test_levels_are_centered_apart_and_scaled_alike():
    data = data_of(20, 10)
    shifted = dataclasses.replace(data, y=data.y + np.where(data.level == 1, 50.0, 0.0))
    (here, scale), (there, same) = standardisation(data), standardisation(shifted)
    np.testing.assert_allclose(there - here, [0.0, 50.0])
    assert same == pytest.approx(scale)


def test_few_target_values_are_placed_by_the_designs_they_share():
    data = data_of(20, 2)
    x = data.x.copy()
    x[20:] = x[:2]
    y = data.y.copy()
    y[20:] = y[:2] + 7.0
    location, _ = standardisation(dataclasses.replace(data, x=x, y=y))
    assert location[0] - location[1] == pytest.approx(7.0)


def test_equal_values_have_a_scale_that_is_not_zero():
    location, scale = standardisation(dataclasses.replace(data_of(4, 2), y=np.full(6, 5.0)))
    assert location[0] == 5.0
    assert scale > 0
