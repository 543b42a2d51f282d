import numpy as np
import pytest

from simulators.microstructure.stochastic.depth_profile import DepthProfile
from simulators.microstructure.stochastic.exact_level import exact_level, mark_below
from simulators.microstructure.stochastic.layer_shift import shift_layers

FALLING = DepthProfile(np.asarray([0.0, 1.0]), np.asarray([1.6, 0.4]))


def taken(share, n, fraction_open=1.0):
    random = np.random.default_rng(1)
    energy = random.standard_normal((64, 32, 32)).astype(np.float32)
    labels = (random.random(energy.shape) > fraction_open).astype(np.uint8)
    is_full = shift_layers(energy, labels, share, n=n, among=0)
    mark_below(energy, labels, exact_level(energy, labels, n=n), mark=2)
    return np.mean(labels == 2, axis=(1, 2)), is_full


def test_the_lowest_voxels_follow_the_profile():
    layers, is_full = taken(FALLING, 64 * 32 * 32 // 5)
    thirds = [layers[:21].mean(), layers[21:43].mean(), layers[43:].mean()]
    assert thirds == pytest.approx([0.2 * s for s in (1.4, 1.0, 0.6)], abs=0.01)
    assert not is_full


def test_a_layer_without_room_says_so_and_the_total_is_kept():
    n = 64 * 32 * 32 // 5
    layers, is_full = taken(FALLING, n, fraction_open=0.25)
    assert is_full
    assert layers.mean() == pytest.approx(n / 64 / 32 / 32)
    assert layers.max() <= 0.3
