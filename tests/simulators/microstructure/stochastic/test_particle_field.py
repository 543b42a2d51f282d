import numpy as np
import pytest

from simulators.microstructure.stochastic.box import Box
from simulators.microstructure.stochastic.orientation import rotations
from simulators.microstructure.stochastic.particle_field import distance_fields
from simulators.microstructure.stochastic.particles import Particles, spheres

BOX = Box((24, 20, 28), 0.5)


def voxel_centres(box):
    axes = [(np.arange(n) + 0.5) * box.voxel_size_m for n in box.shape]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)


def test_distances_from_spheres_are_exact_through_periodic_faces():
    centres = np.asarray([[1.0, 1.0, 1.0], [6.0, 5.0, 7.0], [11.0, 9.5, 13.0]])
    radii = np.asarray([2.0, 2.5, 1.5])
    nearest, second = distance_fields(spheres(centres, radii), BOX, reach_m=1.5)
    gaps = voxel_centres(BOX)[..., None, :] - centres
    gaps -= BOX.edges_m * np.rint(gaps / BOX.edges_m)
    exact = np.sort(np.linalg.norm(gaps, axis=-1) - radii, axis=-1)
    assert nearest == pytest.approx(np.minimum(exact[..., 0], 1.5), abs=1e-4)
    assert second == pytest.approx(np.minimum(exact[..., 1], 1.5), abs=1e-4)


def test_an_ellipsoid_is_inside_where_its_equation_says_so():
    turn = rotations(np.random.default_rng(1), 1, a1=1, a2=1)
    centre = BOX.edges_m / 2.0
    axes = np.asarray([[4.5, 2.0, 1.2]])
    nearest, _ = distance_fields(Particles(centre[None], axes, turn), BOX, reach_m=1.0)
    local = (voxel_centres(BOX) - centre) @ turn[0] / axes[0]
    inside = np.sum(local**2, axis=-1) <= 1.0
    assert np.mean((nearest <= 0.0) == inside) > 0.9995
    assert np.mean(inside) * BOX.volume_m3 == pytest.approx(4 / 3 * np.pi * np.prod(axes), rel=0.05)


def test_threads_do_not_change_a_bit():
    random = np.random.default_rng(2)
    box = Box((50, 20, 28), 0.5)
    many = spheres(random.random((60, 3)) * box.edges_m, random.uniform(0.5, 2.0, 60))
    one, three = (distance_fields(many, box, reach_m=1.0, n_threads=n) for n in (1, 3))
    assert one[0].tobytes() == three[0].tobytes()
    assert one[1].tobytes() == three[1].tobytes()
