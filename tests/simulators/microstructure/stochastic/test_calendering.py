import numpy as np
import pytest

from simulators.microstructure.stochastic.box import Box
from simulators.microstructure.stochastic.calendering import calender
from simulators.microstructure.stochastic.depth_profile import flat
from simulators.microstructure.stochastic.orientation import along_thickness
from simulators.microstructure.stochastic.particle_field import distance_fields
from simulators.microstructure.stochastic.particles import joined
from simulators.microstructure.stochastic.population import Population
from simulators.microstructure.stochastic.size_distribution import lognormal

BOX = Box((40, 40, 40), 1.0)


def pressed(height, flatness=3.0):
    population = Population(lognormal(7, 0.2, 0.2), 1.0, flatness, 1, 1, flat(), flat())
    loose = population.draw(np.random.default_rng(1), BOX, volume_m3=0.6 * BOX.volume_m3)
    return calender(joined([loose])[0], BOX, loose_height=height, penetration=0.0)


def test_flat_particles_lie_down_the_more_the_coating_is_pressed():
    lying = [
        along_thickness(pressed(height).particles.rotations[:, :, 2])
        for height in (1.0001, 1.4, 2.0)
    ]
    assert lying[0] == pytest.approx(1 / 3, abs=0.07)
    assert lying[0] + 0.04 < lying[1] < lying[2] - 0.04


def test_particles_fill_the_final_height_without_overlapping():
    packed = pressed(1.5, flatness=1.0)
    nearest, second = distance_fields(packed.particles, BOX, reach_m=1.0)
    assert np.mean(nearest < 0.0) == pytest.approx(0.6, abs=0.01)
    assert np.mean(second < 0.0) < 0.01
    layers = np.mean(nearest < 0.0, axis=(1, 2))
    assert layers[:20].mean() == pytest.approx(layers[20:].mean(), abs=0.06)
