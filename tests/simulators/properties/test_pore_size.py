from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from simulators.properties import pore_size
from simulators.properties.pore_size import continuous_size_distribution
from tests.simulators.properties.shapes import ball, distance_to_line, gaussian_field

ONE = (1.0, 1.0, 1.0)


def radii_by_every_ball(mask):
    """Return the covering radius by painting the ball of every voxel: slow and plain."""
    distance = distance_transform_edt(mask)
    covering = np.zeros(mask.shape)
    place = np.indices(mask.shape)
    for centre in np.argwhere(mask):
        reach = distance[tuple(centre)]
        away = sum((p - c) ** 2 for p, c in zip(place, centre, strict=True))
        inside = away < reach**2 - 1e-6
        covering[inside] = np.maximum(covering[inside], reach)
    return covering[mask] - pore_size.OFF_CENTRE_VOXELS


def test_the_distribution_equals_painting_every_ball():
    mask = gaussian_field((26, 26, 26), 2.5, 1) > 0
    plain = radii_by_every_ball(mask)
    found = continuous_size_distribution(mask, ONE)
    assert found.mean_radius_m == pytest.approx(plain.mean(), rel=0.01)
    assert found.quantile_m(0.5) == pytest.approx(np.median(plain), rel=0.05)
    assert found.volume_share.sum() == pytest.approx(1)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 7, 10, 21])
def test_a_slab_has_half_its_width_within_a_quarter_voxel(width):
    mask = np.zeros((40, 40, 40), bool)
    mask[9 : 9 + width] = True
    assert continuous_size_distribution(mask, ONE).mean_radius_m == pytest.approx(
        width / 2, abs=0.26
    )


@pytest.mark.parametrize("radius", [5, 9, 15])
def test_balls_and_cylinders_have_their_radius_within_a_voxel(radius):
    n = 2 * radius + 10
    middle = ball(n, (n / 2 + 0.2, n / 2 - 0.3, n / 2), radius)
    assert continuous_size_distribution(middle, ONE).mean_radius_m == pytest.approx(radius, abs=1.0)
    cylinder = distance_to_line(n, (1, 0.3, 0.2)) < radius
    found = continuous_size_distribution(cylinder, ONE).mean_radius_m
    assert found == pytest.approx(radius, abs=1.0)


def test_two_sizes_come_in_their_volume_shares():
    n = 60
    mask = ball(n, (15, 15, 15), 5.5) | ball(n, (38, 38, 38), 15.5)
    found = continuous_size_distribution(mask, (1e-6,) * 3)
    small = found.volume_share[found.radius_m < 8e-6].sum()
    # the large ball's rim belongs to smaller balls too, hence the allowance
    assert small == pytest.approx(5.5**3 / (5.5**3 + 15.5**3), abs=0.06)


def test_sampling_and_sweeping_agree_with_painting_everything(monkeypatch):
    mask = gaussian_field((80, 80, 80), 5, 2) > 0.3
    monkeypatch.setattr(pore_size, "SAMPLED_POINTS", 80**3)
    painted = continuous_size_distribution(mask, ONE).mean_radius_m
    monkeypatch.setattr(pore_size, "SAMPLED_POINTS", 80**3 // 27)
    sampled = continuous_size_distribution(mask, ONE).mean_radius_m
    monkeypatch.setattr(pore_size, "SWEEP_COST_VOXELS", 0.01)
    swept = continuous_size_distribution(mask, ONE).mean_radius_m
    assert sampled == pytest.approx(painted, rel=0.02)
    assert swept == pytest.approx(painted, rel=0.03)


def test_stretched_voxels_measure_in_metres():
    fine = np.repeat(ball(36, (17.6, 18.2, 18), 12), 2, axis=0)
    found = continuous_size_distribution(fine, (0.5e-6, 1e-6, 1e-6)).mean_radius_m
    assert found == pytest.approx(12e-6, abs=1.0e-6)


def test_a_phase_without_wall_or_voxels_has_no_size():
    for mask in (np.ones((5, 5, 5), bool), np.zeros((5, 5, 5), bool)):
        found = continuous_size_distribution(mask, ONE)
        assert found.mean_radius_m is None
        assert found.quantile_m(0.5) is None
