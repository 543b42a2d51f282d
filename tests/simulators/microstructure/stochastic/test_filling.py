import numpy as np
import pytest

from simulators.microstructure.stochastic.box import Box
from simulators.microstructure.stochastic.depth_profile import flat
from simulators.microstructure.stochastic.filling import Crowding, fill
from simulators.microstructure.stochastic.particle_field import distance_fields
from simulators.microstructure.stochastic.population import Population
from simulators.microstructure.stochastic.size_distribution import lognormal

BOX = Box((48, 48, 48), 1.0)


def filled(penetration, fraction=0.55):
    population = Population(lognormal(9, 0.3, 0.3), 1.0, 1.0, 1, 1, flat(), flat())
    return fill(
        (population,),
        (fraction * BOX.volume_m3,),
        BOX,
        seed=np.random.SeedSequence(5),
        crowding=Crowding(penetration, 1.0, flat()),
        cell_m=1.2,
    )


@pytest.mark.parametrize("penetration", [0.0, 0.3, 1.0])
def test_the_union_has_the_asked_volume_however_far_particles_penetrate(penetration):
    particles = filled(penetration).particles
    nearest, _ = distance_fields(particles, BOX, reach_m=1.0)
    assert np.mean(nearest <= 0.0) == pytest.approx(0.55, abs=0.012)


def test_the_same_seed_gives_the_same_particles():
    one, again = filled(0.3), filled(0.3)
    assert one.particles.centres_m.tobytes() == again.particles.centres_m.tobytes()


def test_two_populations_keep_apart_and_share_the_volume():
    coarse = Population(lognormal(10, 0.1, 0.1), 1.0, 2.0, 1, 1, flat(), flat())
    fine = Population(lognormal(4, 0.1, 0.1), 1.0, 1.0, 1, 1, flat(), flat())
    both = fill(
        (coarse, fine),
        (0.4 * BOX.volume_m3, 0.1 * BOX.volume_m3),
        BOX,
        seed=np.random.SeedSequence(1),
        crowding=Crowding(0.0, 1.0, flat()),
        cell_m=1.2,
    )
    volumes = [
        both.particles.take(both.population_of == k).volumes_m3.sum() / BOX.volume_m3
        for k in (0, 1)
    ]
    assert volumes == pytest.approx([0.4, 0.1], rel=1e-9)
