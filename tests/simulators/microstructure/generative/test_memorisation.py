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
    return [index.distances(blobs(seed, SHAPE)) for seed in range(100, 106)]


def test_a_moved_and_mirrored_copy_is_near(index, fresh):
    training = blobs(1, SHAPE)
    moved = training[7:47, 3:43, 9:49][:, ::-1].transpose(0, 2, 1)
    (far,) = index.distances(np.ascontiguousarray(moved))
    assert far < 0.7 * np.min(fresh)


def test_an_exact_copy_has_no_distance(index):
    (far,) = index.distances(np.ascontiguousarray(blobs(2, SHAPE)[8:48, 16:56, 4:44]))
    # distances end at a piece's faces, so its outermost cells differ a little
    assert far < 0.2


def test_fresh_structures_are_clean(index, fresh):
    others = [index.distances(blobs(seed, SHAPE)) for seed in range(200, 206)]
    assert judge(others, fresh).is_clean


def test_one_copy_in_twenty_is_found_with_the_promised_power(index, fresh):
    """Distances of real copies and fresh pieces, drawn again and again as an audit of 2048 sees."""
    random = np.random.default_rng(5)
    copies = []
    for _ in range(6):
        z, y, x = random.integers(0, 40, 3)
        copy = np.ascontiguousarray(blobs(1, SHAPE)[z : z + 40, y : y + 40, x : x + 40])
        copies += index.distances(copy[:, :, ::-1])
    pieces, found, wrong = np.ravel(fresh), 0, 0
    for _ in range(20):
        reference, clean = random.choice(pieces, (2, 32, 8)) + random.normal(0, 1e-6, (2, 32, 8))
        wrong += judge(clean, reference).is_clean is False
        planted = clean.copy()
        planted.reshape(-1)[random.choice(256, 13, replace=False)] = random.choice(copies, 13)
        found += judge(planted, reference).is_clean is False
    assert found >= 19
    assert wrong <= 1


def test_pieces_of_one_odd_volume_do_not_pass_for_many(fresh):
    """Five pieces of a single volume are one event: exchanged by volume, chance explains them."""
    pieces = np.random.default_rng(6).uniform(5.0, 6.0, (2, 6, 8))
    pieces[0, 2, :5] = 1.0
    assert judge(*pieces).is_clean


def test_too_few_volumes_are_no_verdict(fresh):
    assert judge(fresh[:3], fresh[3:]).is_clean is None
