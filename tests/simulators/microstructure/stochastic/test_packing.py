import numpy as np
import pytest

from simulators.microstructure.stochastic.box import Box
from simulators.microstructure.stochastic.depth_profile import flat
from simulators.microstructure.stochastic.packing import pack
from simulators.microstructure.stochastic.particle_field import distance_fields
from simulators.microstructure.stochastic.particles import joined
from simulators.microstructure.stochastic.population import Population
from simulators.microstructure.stochastic.size_distribution import lognormal

BOX = Box((40, 40, 40), 1.0)


def drawn(fraction, *, elongation=1.0, flatness=1.0, box=BOX):
    population = Population(lognormal(8, 0.2, 0.2), elongation, flatness, 1, 1, flat(), flat())
    volume = fraction * box.volume_m3
    return joined([population.draw(np.random.default_rng(1), box, volume_m3=volume)])[0]


def shared_volume(particles, box=BOX):
    nearest, second = distance_fields(particles, box, reach_m=1.0)
    return np.mean(second < 0.0) / np.mean(nearest < 0.0)


@pytest.mark.parametrize(
    ("elongation", "flatness"), [(1.0, 1.0), (3.0, 1.0), (1.0, 3.0), (2.0, 2.0)]
)
def test_particles_of_any_shape_end_up_side_by_side(elongation, flatness):
    loose = drawn(0.55, elongation=elongation, flatness=flatness)
    packed = pack(loose, BOX)
    assert shared_volume(loose) > 0.2
    assert shared_volume(packed.particles) < 2e-3
    assert packed.worst_overlap < 0.05
    turned = packed.particles.rotations
    assert np.allclose(np.einsum("nij,nik->njk", turned, turned), np.eye(3), atol=1e-9)


def test_penetration_leaves_the_overlap_it_allows():
    loose = drawn(0.5)
    shared = [
        shared_volume(pack(loose, BOX, penetration=p).particles) for p in (0.0, 0.15, 0.3, 1.0)
    ]
    assert shared == sorted(shared)
    assert shared[0] < 1e-3 < 0.02 < shared[1]


def test_walls_are_not_crossed():
    box = Box(BOX.shape, BOX.voxel_size_m, (False, True, False))
    particles = pack(drawn(0.4, flatness=2.0), box).particles
    for axis in (0, 2):
        low = particles.centres_m[:, axis] - particles.half_extents_m[:, axis]
        high = particles.centres_m[:, axis] + particles.half_extents_m[:, axis]
        assert low.min() > -1e-9
        assert high.max() < 40.0 + 1e-9


def test_crowding_beyond_what_fits_ends_in_bounded_time():
    packed = pack(drawn(0.95), BOX)
    assert packed.n_sweeps <= 120
    assert packed.worst_overlap > 0.04
