from __future__ import annotations

import itertools

import numpy as np
import pytest

from experiments.errors import Invalid
from simulators.microstructure.voxels import Voxels
from simulators.properties.size_study import DIFFUSIVITY, TORTUOSITY
from simulators.properties.volume_run import WANTED, pilot_edges, run_offer, run_pilot
from tests.simulators.properties.shapes import gaussian_field

TARGET = 0.008


def field_of(edge, i, *, fraction_level=-0.2):
    """Draw one of many independent cubes of a cut Gaussian field, about 8 voxels coarse."""
    field = gaussian_field((edge,) * 3, 2.0, 1000 * edge + i)
    return Voxels(np.digitize(field, [fraction_level, 3.5]).astype(np.uint8), (1e-6,) * 3)


def pilot_of(draw, *, target=0.05):
    seconds = itertools.count()
    return run_pilot(
        draw,
        median_diameter_voxels=8.0,
        binder_ion_diffusivity=0.0,
        target=target,
        clock=lambda: float(next(seconds)),
        progress=lambda _: None,
    )


@pytest.fixture(scope="module")
def pilot():
    return pilot_of(lambda edge, i: field_of(edge, i, fraction_level=0.2))


def test_the_pilot_offers_sizes_with_their_price(pilot):
    assert {offer.edge for offer in pilot.offers} == {32, 48, 64, 96}
    by_edge = sorted(pilot.offers, key=lambda offer: offer.edge)
    assert [o.n_volumes for o in by_edge] == sorted((o.n_volumes for o in by_edge), reverse=True)
    for offer in pilot.offers:
        # the clock counts one second per size: the largest cubes' price is 1/16 s each
        assert offer.seconds == pytest.approx(offer.n_volumes / 16 * (offer.edge / 48) ** 3)
        assert offer.slowest in WANTED
    fine = [offer.is_small_bias for offer in pilot.offers]
    assert fine == sorted(fine, reverse=True)


def test_the_run_reaches_its_target_and_starts_from_the_pilots_volumes(pilot):
    drawn = []

    def draw(edge, i):
        drawn.append((edge, i))
        return field_of(edge, i, fraction_level=0.2)

    offer = next(offer for offer in pilot.offers if offer.edge == 32)
    known = run_offer(
        draw,
        pilot,
        offer,
        binder_ion_diffusivity=0.0,
        target=TARGET,
        max_volumes=400,
        progress=lambda _: None,
    )
    n_pilot = len(pilot.samples[TORTUOSITY][32])
    n_run = len(known[TORTUOSITY].over_volumes.samples)
    assert n_run > n_pilot
    assert drawn == [(32, i) for i in range(n_pilot, n_run)]
    for name in WANTED:
        mean = known[name].over_volumes
        assert mean.is_reached
        assert mean.half_width_95 <= TARGET * mean.mean
        assert known[name].bias_sd > 0


def test_the_law_describes_the_pilots_smallest_cubes(pilot):
    law = pilot.studies[DIFFUSIVITY].law
    several = pilot.samples[DIFFUSIVITY][24]
    assert np.mean(several) == pytest.approx(law.limit * (1 + law.relative_bias(24)), rel=0.05)
    assert np.std(several, ddof=1) / law.limit == pytest.approx(law.relative_sd(24), rel=0.4)


def test_a_coating_on_the_edge_of_percolation_is_refused():
    with pytest.raises(Invalid, match="do not reach both ends"):
        pilot_of(lambda edge, i: field_of(edge, i, fraction_level=-1.1))


def test_particles_too_small_or_large_for_the_voxels_are_refused():
    for diameter in (2.0, 60.0):
        with pytest.raises(Invalid, match="voxels wide"):
            pilot_edges(diameter)
    assert pilot_edges(15.0) == (44, 60, 88)
