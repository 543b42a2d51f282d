import numpy as np
import pytest

from simulators.microstructure.generative import regularity
from tests.simulators.microstructure.generative.models import blobs


@pytest.fixture(scope="module")
def real():
    return [blobs(i) for i in range(8)]


def verdict(name, real, generated):
    measure = getattr(regularity, name)
    return regularity.judge_limit(
        name, [measure(one) for one in real], [measure(one) for one in generated]
    ).is_kept


@pytest.mark.parametrize("name", ["tiling_peak", "lattice_share", "border_excess", "anisotropy"])
def test_other_real_structures_pass(real, name):
    assert verdict(name, real, [blobs(i) for i in range(50, 54)])


def test_a_planted_tiling_is_found(real):
    tiled = [np.tile(blobs(i, (32, 32, 32)), (2, 2, 2)) for i in range(20, 24)]
    assert verdict("tiling_peak", real, tiled) is False


def test_a_planted_lattice_is_found(real):
    marked = [one.copy() for one in real[:6]]
    for one in marked:
        one[::4][one[::4] == 0] = 1
    assert verdict("lattice_share", real, marked) is False


def test_a_planted_border_is_found(real):
    edged = [one.copy() for one in real[:6]]
    for one in edged:
        one[:3] = 0
    assert verdict("border_excess", real, edged) is False


def test_a_stretched_structure_is_found(real):
    stretched = [np.repeat(blobs(i, (32, 64, 64)), 2, axis=0) for i in range(20, 26)]
    assert verdict("anisotropy", real, stretched) is False


def test_volumes_that_are_all_alike_are_found(real):
    alike = [blobs(20)] * 4
    assert regularity.judge_likeness(real, alike).is_kept is False
    assert regularity.judge_likeness(real, [blobs(i) for i in range(50, 54)]).is_kept


def test_a_limit_estimated_from_few_is_not_taken_for_the_true_one():
    """Two odd values of sixteen fall on one side in near a quarter of all exchanges."""
    real = [1.00, 1.01, 0.99, 1.02, 0.98, 1.00, 1.01, 0.99]
    found = regularity.judge_limit("q", real, [*real[:6], 1.2, 1.2])
    assert found.n_beyond == 2
    assert found.p_value == pytest.approx(0.233, abs=0.02)
    assert found.is_kept


def test_four_volumes_are_no_verdict(real):
    tiled = [np.tile(blobs(i, (32, 32, 32)), (2, 2, 2)) for i in range(20, 24)]
    assert verdict("tiling_peak", real[:4], tiled) is None
