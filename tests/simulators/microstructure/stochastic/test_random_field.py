import numpy as np
import pytest

from simulators.microstructure.stochastic.box import Box
from simulators.microstructure.stochastic.random_field import gaussian_field


def test_the_field_is_standardised_and_does_not_know_the_voxel_size():
    coarse, fine = (
        gaussian_field(np.random.default_rng(1), Box((n, n, n), 32.0 / n), length_m=2.0)
        for n in (32, 64)
    )
    assert np.array_equal(coarse, fine)
    assert coarse.mean() == pytest.approx(0.0, abs=1e-5)
    assert coarse.std() == pytest.approx(1.0, abs=1e-5)
