from __future__ import annotations

import numpy as np
import pytest

from experiments.errors import Invalid
from simulators.properties.interface_area import interface_areas_per_m, measure_interfaces
from tests.simulators.properties.shapes import (
    ball,
    distance_to_line,
    gaussian_field,
    random_directions,
    signed_distance_to_plane,
)

ONE = (1.0, 1.0, 1.0)


def area(labels, i=0, j=1, **options):
    """Return the area between two phases in voxel faces."""
    return interface_areas_per_m(labels.astype(np.uint8), ONE, **options)[i, j] * labels.size


def across(direction):
    """Return the direction and two more that are perpendicular to it and to each other."""
    a = np.asarray(direction, float) / np.linalg.norm(direction)
    b = np.cross(a, np.eye(3)[np.argmin(np.abs(a))])
    b /= np.linalg.norm(b)
    return a, b, np.cross(a, b)


def share_in_cube(points, n):
    return np.mean(np.all(np.abs(points) < n / 2, axis=-1))


def plane_area_in_cube(n, normal, offset):
    """Return the area of a plane within the cube of n voxels, by a fine grid on the plane."""
    a, b, c = across(normal)
    u = (np.arange(1500) + 0.5) / 1500 * 2 * n - n
    points = offset * a + u[:, None, None] * b + u[None, :, None] * c
    return share_in_cube(points, n) * (2 * n) ** 2


def mantle_area_in_cube(n, direction, radius):
    a, b, c = across(direction)
    t = ((np.arange(2000) + 0.5) / 2000 * 2 * n - n)[:, None, None]
    angle = ((np.arange(360) + 0.5) / 360 * 2 * np.pi)[None, :, None]
    points = t * a + radius * (np.cos(angle) * b + np.sin(angle) * c)
    return share_in_cube(points, n) * 2 * n * 2 * np.pi * radius


@pytest.mark.parametrize("radius", [8, 12, 20])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_spheres_are_right_within_2_percent(radius, seed):
    n = 2 * radius + 8
    centre = n / 2 + np.random.default_rng(seed).uniform(-0.5, 0.5, 3)
    assert area(ball(n, centre, radius)) == pytest.approx(4 * np.pi * radius**2, rel=0.02)


@pytest.mark.parametrize("direction", [*random_directions(6, 1), (0, 0, 1), (1, 1, 0), (1, 0.1, 0)])
@pytest.mark.parametrize("radius", [8, 11])
def test_cylinders_are_right_within_2_percent(direction, radius):
    n = 64
    inside = distance_to_line(n, direction) < radius
    expected = mantle_area_in_cube(n, direction, radius)
    assert area(inside) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(
    "normal",
    [*random_directions(12, 2), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 1, 1)]
    + [(1, t, 0) for t in (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)]
    + [(1, t, t) for t in (0.03, 0.1, 0.3)],
)
def test_planes_of_any_tilt_are_right_within_2_percent(normal):
    n = 64
    labels = signed_distance_to_plane(n, normal, 0.2) > 0
    expected = plane_area_in_cube(n, normal, 0.2)
    assert area(labels) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("thickness", [1, 2, 3])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_thin_slabs_keep_both_sides(thickness, axis):
    labels = np.zeros((40, 40, 40), np.uint8)
    np.moveaxis(labels, axis, 0)[17 : 17 + thickness] = 2
    assert area(labels, 0, 2) == pytest.approx(2 * 40**2, rel=0.001)


@pytest.mark.parametrize("thickness", [1, 2, 3])
def test_thin_tilted_slabs_are_right_within_10_percent(thickness):
    for normal in random_directions(8, 3):
        away = np.abs(signed_distance_to_plane(48, normal))
        slab = away < thickness / 2
        assert area(slab) == pytest.approx(2 * plane_area_in_cube(48, normal, 0), rel=0.10)


@pytest.mark.parametrize("thickness", [1, 2, 3])
def test_a_film_on_a_sphere_is_right_on_both_sides(thickness):
    n, radius = 40, 12.0
    centre = (19.7, 20.1, 19.4)
    labels = np.where(ball(n, centre, radius + thickness), 2, 0)
    labels[ball(n, centre, radius)] = 1
    assert area(labels, 1, 2, n_phases=3) == pytest.approx(4 * np.pi * radius**2, rel=0.02)
    outer = 4 * np.pi * (radius + thickness) ** 2
    assert area(labels, 0, 2, n_phases=3) == pytest.approx(outer, rel=0.02)
    assert area(labels, 0, 1, n_phases=3) == 0


def test_pairs_follow_from_whole_surfaces():
    field = gaussian_field((48, 48, 48), 3, 0)
    labels = np.digitize(field, [-0.3, 0.6]).astype(np.uint8)
    pairs = interface_areas_per_m(labels, ONE)
    whole = pairs.sum(axis=1)
    assert pairs[0, 1] == pytest.approx((whole[0] + whole[1] - whole[2]) / 2)
    assert np.allclose(pairs, pairs.T)
    assert np.all(np.diag(pairs) == 0)


def test_a_gaussian_field_has_the_area_rice_predicts():
    # Rice's formula: area per volume of the level u is 2/π √λ exp(−u²/2), λ = Var(∂f) = 1/(2s²)
    # for a field smoothed with a Gaussian of standard deviation s.
    scale, level = 5.0, 0.4
    predicted = 2 / np.pi * np.sqrt(1 / (2 * scale**2)) * np.exp(-(level**2) / 2)
    found = [
        interface_areas_per_m((gaussian_field((96,) * 3, scale, s) > level).astype(np.uint8), ONE)
        for s in range(4)
    ]
    assert np.mean([a[0, 1] for a in found]) == pytest.approx(predicted, rel=0.03)


def test_area_scales_with_the_voxel_and_follows_stretched_voxels():
    labels = ball(40, (19.6, 20.2, 19.9), 13).astype(np.uint8)
    cubes = interface_areas_per_m(labels, (1e-6,) * 3)[0, 1]
    assert cubes == pytest.approx(1e6 * interface_areas_per_m(labels, ONE)[0, 1], rel=1e-6)
    stretch = 1.7
    stretched = interface_areas_per_m(labels, (stretch, 1, 1))[0, 1] * labels.size * stretch
    # surface of the prolate spheroid with half axes 13·1.7, 13, 13
    c, a = 13 * stretch, 13
    e = np.sqrt(1 - a**2 / c**2)
    assert stretched == pytest.approx(2 * np.pi * a**2 * (1 + c / (a * e) * np.arcsin(e)), rel=0.02)


def test_the_result_does_not_depend_on_threads_or_orientation():
    labels = (gaussian_field((70, 40, 30), 3, 1) > 0.2).astype(np.uint8)
    one = interface_areas_per_m(labels, ONE, n_threads=1)
    assert np.array_equal(one, interface_areas_per_m(labels, ONE, n_threads=3))
    turned = interface_areas_per_m(np.ascontiguousarray(labels.transpose(2, 0, 1)), ONE)
    assert turned == pytest.approx(one, rel=1e-5)
    swapped = interface_areas_per_m((1 - labels).astype(np.uint8), ONE)
    assert swapped == pytest.approx(one, rel=1e-5)


def test_face_counting_counts_faces():
    labels = ball(30, (14, 15, 16), 9).astype(np.uint8)
    faces = sum(np.count_nonzero(np.diff(labels.astype(int), axis=a)) for a in range(3))
    assert area(labels, estimator="face_count") == faces
    assert faces > 1.4 * 4 * np.pi * 81


def test_tiny_images_and_wrong_input_are_handled():
    assert area(np.array([[[0, 1]]])) == pytest.approx(1)
    with pytest.raises(Invalid, match="marching"):
        interface_areas_per_m(np.zeros((3, 3, 3), np.uint8), ONE, estimator="marching_cubes")
    with pytest.raises(Invalid, match="label 7"):
        interface_areas_per_m(np.full((3, 3, 3), 7, np.uint8), ONE)


def test_face_counting_overrates_a_sphere_by_half():
    ratio = area(ball(60, (30, 30, 30), 25), estimator="face_count") / (4 * np.pi * 25**2)
    assert ratio == pytest.approx(1.5, rel=0.03)


@pytest.mark.parametrize("normal", random_directions(4, 5))
def test_triple_lines_around_a_cut_sphere_have_its_circumference(normal):
    radius, n = 12, 36
    inside = ball(n, (n / 2 - 0.3, n / 2 + 0.2, n / 2), radius)
    half = signed_distance_to_plane(n, normal) > 0
    labels = np.where(inside, np.where(half, 1, 2), 0).astype(np.uint8)
    line = measure_interfaces(labels, ONE).triple_line_per_m2 * labels.size
    assert line == pytest.approx(2 * np.pi * radius, rel=0.02)
    counted = measure_interfaces(labels, ONE, estimator="face_count").triple_line_per_m2
    assert counted * labels.size > 1.4 * line


def test_a_straight_triple_line_is_exact():
    labels = np.zeros((10, 12, 14), np.uint8)
    labels[:, 6:, :7] = 1
    labels[:, 6:, 7:] = 2
    line = measure_interfaces(labels, (1e-6, 2e-6, 3e-6)).triple_line_per_m2
    assert line == pytest.approx(10e-6 / (labels.size * 6e-18), rel=1e-5)
