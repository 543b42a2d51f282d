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
    assert not verdict("tiling_peak", real, tiled)


def test_a_planted_lattice_is_found(real):
    marked = [one.copy() for one in real[:6]]
    for one in marked:
        one[::4][one[::4] == 0] = 1
    assert not verdict("lattice_share", real, marked)


def test_a_planted_border_is_found(real):
    edged = [one.copy() for one in real[:6]]
    for one in edged:
        one[:3] = 0
    assert not verdict("border_excess", real, edged)


def test_a_stretched_structure_is_found(real):
    stretched = [np.repeat(blobs(i, (32, 64, 64)), 2, axis=0) for i in range(20, 26)]
    assert not verdict("anisotropy", real, stretched)


def test_volumes_that_are_all_alike_are_found(real):
    alike = [blobs(20)] * 4
    found = regularity.judge_limit(
        "likeness", regularity.agreements(real), regularity.agreements(alike)
    )
    assert not found.is_kept
