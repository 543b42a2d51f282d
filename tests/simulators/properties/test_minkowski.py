from __future__ import annotations

import numpy as np
import pytest
from skimage.measure import euler_number

from simulators.properties.minkowski import minkowski_functionals
from tests.simulators.properties.shapes import ball, coordinates, gaussian_field

ONE = (1.0, 1.0, 1.0)


def totals(labels, phase=1):
    cells = np.prod(np.array(labels.shape) - 1)
    found = minkowski_functionals(labels.astype(np.uint8), ONE, n_phases=2)[phase]
    return found.mean_curvature_per_m2 * cells, found.euler_number_per_m3 * cells


@pytest.mark.parametrize("radius", [4, 8, 15])
def test_a_ball_has_the_curvature_of_its_radius_and_is_one_body(radius):
    labels = ball(2 * radius + 8, (radius + 4.2, radius + 3.7, radius + 4.1), radius)
    curvature, euler = totals(labels)
    assert curvature == pytest.approx(4 * np.pi * radius, rel=0.05)
    assert euler == pytest.approx(1)


def test_a_phase_and_its_complement_curve_oppositely():
    labels = gaussian_field((30, 30, 30), 2, 0) > 0.4
    assert totals(labels, 1)[0] == pytest.approx(-totals(labels, 0)[0])


def test_a_ring_has_no_euler_number_and_a_hollow_ball_two():
    z, y, x = coordinates((24, 40, 40))
    ring = (np.sqrt((y - 20) ** 2 + (x - 20) ** 2) - 11) ** 2 + (z - 12) ** 2 < 5**2
    assert totals(ring)[1] == pytest.approx(0, abs=1e-9)
    # integral of mean curvature of a torus: π · 2π R, whatever the tube
    assert totals(ring)[0] == pytest.approx(2 * np.pi**2 * 11, rel=0.05)
    hollow = ball(40, (20, 20, 20), 15) & ~ball(40, (20, 20, 20), 8)
    assert totals(hollow)[1] == pytest.approx(2)


@pytest.mark.parametrize("seed", range(4))
def test_the_euler_number_equals_scikit_images(seed):
    labels = np.pad(gaussian_field((24, 25, 26), 1.5, seed) > 0.3, 1)
    assert totals(labels)[1] == pytest.approx(euler_number(labels, 1))


def test_a_gaussian_field_has_the_curvature_and_topology_of_tomita():
    # Tomita 1986, excursion sets of a Gaussian field in 3D with λ = Var(∂f) = 1/(2s²), level u:
    # mean curvature per volume H = λ/√(2π) · u exp(−u²/2) · √(2/π) · … in the convention below,
    # Euler number per volume χ = λ^{3/2}/(2π)² · (u² − 1) exp(−u²/2)
    scale, level = 5.0, 0.5
    rate = 1 / (2 * scale**2)
    euler = rate**1.5 / (2 * np.pi) ** 2 * (level**2 - 1) * np.exp(-(level**2) / 2)
    curvature = rate / np.sqrt(2 * np.pi) * level * np.exp(-(level**2) / 2)
    found = [
        minkowski_functionals(
            (gaussian_field((112,) * 3, scale, seed) > level).astype(np.uint8), ONE, n_phases=2
        )[1]
        for seed in range(5)
    ]
    assert np.mean([f.euler_number_per_m3 for f in found]) == pytest.approx(euler, rel=0.2)
    assert np.mean([f.mean_curvature_per_m2 for f in found]) == pytest.approx(curvature, rel=0.1)


def test_densities_are_per_cubic_metre_and_the_smallest_image_is_two_voxels():
    labels = ball(30, (14, 15, 16), 9).astype(np.uint8)
    micron = minkowski_functionals(labels, (1e-6,) * 3, n_phases=2)[1]
    unit = minkowski_functionals(labels, ONE, n_phases=2)[1]
    assert micron.mean_curvature_per_m2 == pytest.approx(1e12 * unit.mean_curvature_per_m2)
    assert micron.euler_number_per_m3 == pytest.approx(1e18 * unit.euler_number_per_m3)
    with pytest.raises(ValueError, match="2 voxels"):
        minkowski_functionals(np.zeros((1, 5, 5), np.uint8), ONE, n_phases=2)
