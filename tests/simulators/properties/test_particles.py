from __future__ import annotations

import numpy as np
import pytest

from experiments.errors import Invalid
from simulators.properties import particles as module
from simulators.properties.particles import separate_particles
from tests.simulators.properties.shapes import ball

ONE = (1.0, 1.0, 1.0)


def packed(n, seed, *, median, spread, overlap):
    """Drop balls at random where they overlap at most so much; return mask and radii."""
    rng = np.random.default_rng(seed)
    balls: list[tuple[np.ndarray, float]] = []
    mask = np.zeros((n, n, n), bool)
    for _ in range(2500):
        radius = rng.lognormal(np.log(median), spread)
        centre = rng.uniform(-radius, n + radius, 3)
        if all(np.linalg.norm(centre - c) > (radius + r) * (1 - overlap) for c, r in balls):
            balls.append((centre, radius))
            mask |= ball(n, centre, radius)
    return mask, np.array([radius for _, radius in balls])


def test_two_overlapping_balls_are_two_and_one_neck():
    mask = ball(50, (18, 25, 25), 9) | ball(50, (34, 25, 25), 9)
    found = separate_particles(mask, ONE)
    assert found.volume_m3.size == 2
    assert found.equivalent_radius_m == pytest.approx([9, 9], rel=0.02)
    assert found.n_contacts.tolist() == [1, 1]
    assert found.neck_ratio == pytest.approx([(9**2 - 8**2) / 9**2], rel=0.15)
    assert found.is_whole.all()


def test_nearly_concentric_balls_are_one_particle():
    mask = ball(50, (23, 25, 25), 9) | ball(50, (28, 25, 25), 9)
    assert separate_particles(mask, ONE).volume_m3.size == 1


def test_every_voxel_of_the_phase_belongs_to_a_particle_and_no_other_does():
    mask, _ = packed(48, 3, median=6, spread=0.2, overlap=0.05)
    found = separate_particles(mask, ONE)
    assert np.array_equal(found.index > 0, mask)
    assert found.volume_m3.sum() == pytest.approx(mask.sum())


@pytest.mark.parametrize("spread", [0.1, 0.3])
def test_the_volume_weighted_radius_of_a_packing_is_right_in_spite_of_cut_particles(spread):
    mask, radius = packed(96, 7, median=8, spread=spread, overlap=0.05)
    expected = (radius**4).sum() / (radius**3).sum()
    assert separate_particles(mask, ONE).mean_radius_m == pytest.approx(expected, rel=0.05)


def test_visiting_every_second_voxel_gives_the_same_sizes(monkeypatch):
    mask, _ = packed(96, 8, median=9, spread=0.2, overlap=0.05)
    whole = separate_particles(mask, ONE)
    monkeypatch.setattr(module, "FLOODED_VOXELS", 96**3 // 8)
    coarse = separate_particles(mask, ONE)
    assert coarse.stride == 2
    assert coarse.mean_radius_m == pytest.approx(whole.mean_radius_m, rel=0.03)
    assert coarse.n_contacts.mean() == pytest.approx(whole.n_contacts.mean(), rel=0.35)


def test_particles_are_measured_in_metres_on_stretched_voxels():
    mask = np.repeat(ball(40, (20, 20, 20), 12), 2, axis=0)
    found = separate_particles(mask, (0.5e-6, 1e-6, 1e-6))
    assert found.mean_radius_m == pytest.approx(12e-6, rel=0.02)


def test_an_empty_and_a_boundless_phase_are_refused():
    for mask in (np.zeros((4, 4, 4), bool), np.ones((4, 4, 4), bool)):
        with pytest.raises(Invalid, match="particles"):
            separate_particles(mask, ONE)
