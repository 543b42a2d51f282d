import numpy as np
import pytest

from simulators.microstructure.likeness import Likeness, compare
from simulators.microstructure.voxels import Voxels


def three_phases(seed, size_m=0.5e-6, block=4):
    """Return random blocks of pore, active material and binder."""
    random = np.random.default_rng(seed)
    coarse = random.choice(3, size=(8, 8, 8), p=(0.5, 0.35, 0.15)).astype(np.uint8)
    labels = coarse.repeat(block, 0).repeat(block, 1).repeat(block, 2)
    return Voxels(labels=labels, voxel_size_m=(size_m,) * 3)


def test_an_image_is_like_itself():
    rows = compare(three_phases(1), [three_phases(1), three_phases(1)])
    assert all(row.difference == pytest.approx(0.0) for row in rows)
    assert all(row.scatter == 0.0 for row in rows)


def test_every_quantity_that_the_image_is_judged_by_is_there():
    names = [row.quantity for row in compare(three_phases(1), [three_phases(2)])]
    assert len(names) == len(set(names)) == 13
    for axis in (0, 1, 2):
        assert f"pore tortuosity factor, axis {axis}" in names
        assert f"pore correlation length, axis {axis}" in names
    assert {"pore-active area", "pore-binder area", "active-binder area"} < set(names)
    assert "mean pore radius" in names


def test_a_volume_twice_as_coarse_differs_by_what_scale_says():
    found = {row.quantity: row for row in compare(three_phases(1), [three_phases(1, 1e-6)])}
    assert found["pore tortuosity factor, axis 0"].difference == pytest.approx(0.0, abs=1e-6)
    assert found["pore-active area"].difference == pytest.approx(-0.5, abs=1e-6)
    assert found["mean pore radius"].difference == pytest.approx(1.0, rel=1e-6)
    assert found["active correlation length, axis 2"].difference == pytest.approx(1.0, rel=1e-6)


def test_difference_is_relative_to_the_image():
    assert Likeness("area", "1/m", 2.0, 2.5, 0.1).difference == pytest.approx(0.25)


def test_what_neither_has_does_not_differ():
    bare = three_phases(1)
    bare = Voxels(labels=np.minimum(bare.labels, 1), voxel_size_m=bare.voxel_size_m)
    found = {row.quantity: row for row in compare(bare, [bare])}
    assert found["pore-binder area"].difference == 0.0
    assert Likeness("area", "1/m", 0.0, 2.0, 0.0).difference == np.inf
