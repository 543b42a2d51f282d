import numpy as np
import pytest

from simulators.microstructure.generative.memorisation import TrainingIndex, judge
from tests.simulators.microstructure.generative.models import blobs

SHAPE = (80, 80, 80)


@pytest.fixture(scope="module")
def index():
    return TrainingIndex([blobs(i, SHAPE) for i in range(3)], 3)


@pytest.fixture(scope="module")
def fresh(index):
    return [far for seed in range(100, 106) for far in index.distances(blobs(seed, SHAPE))]


def test_a_moved_and_mirrored_copy_is_near(index, fresh):
    training = blobs(1, SHAPE)
    moved = training[7:47, 3:43, 9:49][:, ::-1].transpose(0, 2, 1)
    (far,) = index.distances(np.ascontiguousarray(moved))
    assert far < 0.7 * min(fresh)


def test_an_exact_copy_has_no_distance(index):
    (far,) = index.distances(np.ascontiguousarray(blobs(2, SHAPE)[8:48, 16:56, 4:44]))
    # distances end at a piece's faces, so its outermost cells differ a little
    assert far < 0.2


def test_fresh_structures_are_clean(index, fresh):
    others = [far for seed in range(200, 206) for far in index.distances(blobs(seed, SHAPE))]
    assert judge(others, fresh).is_clean


def test_one_copy_in_twenty_is_found_with_the_promised_power(index, fresh):
    """Distances of real copies and fresh pieces, drawn again and again as an audit of 2048 sees."""
    random = np.random.default_rng(5)
    copies = []
    for _ in range(6):
        z, y, x = random.integers(0, 40, 3)
        copy = np.ascontiguousarray(blobs(1, SHAPE)[z : z + 40, y : y + 40, x : x + 40])
        copies += index.distances(copy[:, :, ::-1])
    found = 0
    for _ in range(100):
        clean = random.choice(fresh, 243) + random.normal(0, 1e-6, 243)
        planted = random.choice(copies, 13)
        reference = random.choice(fresh, 256) + random.normal(0, 1e-6, 256)
        found += not judge([*clean, *planted], reference.tolist()).is_clean
    assert found >= 95
