"""Trends that experiments and mesoscale studies report, on ensembles of generated electrodes.

The quick versions run by default on a few volumes of 64 voxels; the slow ones on more and larger.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tests.simulators.microstructure.ensembles import OVERLAPPING, SHAPES, ensemble


def surely_below(low, high, *, errors=2.0):
    """Say whether one mean lies below another by some standard errors.

    The same seed places both kinds of particles alike, so differences are taken volume by volume.
    """
    gaps = high - low
    return gaps.mean() > errors * gaps.std() / len(gaps) ** 0.5


def test_pores_between_oblates_are_more_tortuous_than_between_prolates_and_spheres():
    found = {name: ensemble(n_seeds=2, **SHAPES[name]) for name in ("sphere", "prolate", "oblate")}
    assert surely_below(found["sphere"].tortuosity, found["prolate"].tortuosity)
    assert surely_below(found["prolate"].tortuosity, found["oblate"].tortuosity)


@pytest.mark.slow
@pytest.mark.parametrize("porosity", [0.3, 0.4, 0.5])
def test_pore_tortuosity_rises_from_spheres_to_oblates(porosity):
    found = [
        ensemble(
            n_seeds=6,
            n_voxels=80,
            voxel_size_m=0.5e-6,
            porosity=porosity,
            options=OVERLAPPING,
            **shape,
        )
        for shape in SHAPES.values()
    ]
    for low, high in pairwise(found):
        assert surely_below(low.tortuosity, high.tortuosity)


def test_spheres_conduct_worst_through_the_active_phase():
    found = {
        name: ensemble(
            n_seeds=2, measured="active", porosity=0.38, options=OVERLAPPING, **SHAPES[name]
        )
        for name in ("sphere", "oblate")
    }
    assert surely_below(found["sphere"].conductivity, found["oblate"].conductivity)


@pytest.mark.slow
@pytest.mark.parametrize("active", [0.6, 0.65])
def test_conductivity_at_high_active_fraction_rises_from_spheres_to_oblates(active):
    found = [
        ensemble(
            n_seeds=6,
            n_voxels=80,
            voxel_size_m=0.5e-6,
            measured="active",
            porosity=1.0 - active,
            options=OVERLAPPING,
            **shape,
        )
        for shape in SHAPES.values()
    ]
    means = [one.conductivity.mean() for one in found]
    assert means == sorted(means)
    assert surely_below(found[0].conductivity, found[1].conductivity)


def test_standing_platelets_ease_ions_and_electrons_at_unchanged_area():
    random, standing, lying = (
        ensemble(
            n_seeds=3,
            axes=(0,),
            measured="pore active",
            active_wt_pct=96.0,
            orientation_a1=a1,
            particle_flatness=3.0,
        )
        for a1 in (1.0, 0.1, 10.0)
    )
    assert 0.7 < standing.tortuosity.mean() / random.tortuosity.mean() < 0.9
    assert 1.1 < standing.conductivity.mean() / random.conductivity.mean() < 1.4
    assert lying.tortuosity.mean() > 1.2 * random.tortuosity.mean()
    assert standing.area_per_m.mean() == pytest.approx(random.area_per_m.mean(), rel=0.05)


@pytest.mark.slow
def test_tortuosity_between_resolved_spheres_goes_as_porosity_to_the_minus_one_half():
    porosities = (0.5, 0.6, 0.75)
    found = [
        ensemble(
            n_seeds=1,
            n_voxels=192,
            voxel_size_m=3e-6 / 16,
            porosity=porosity,
            particle_spread=0.0,
            sides="periodic",
        ).tortuosity.mean()
        for porosity in porosities
    ]
    exponent = -np.polyfit(np.log(porosities), np.log(found), 1)[0]
    assert exponent == pytest.approx(0.5, abs=0.06)
    assert found == pytest.approx([porosity**-0.5 for porosity in porosities], rel=0.04)


def test_oblates_have_a_larger_exponent_that_depends_on_how_they_lie():
    def exponent(a1, flatness=3.0):
        found = ensemble(
            n_seeds=2, axes=(0,), porosity=0.5, orientation_a1=a1, particle_flatness=flatness
        )
        return -np.log(found.tortuosity.mean()) / np.log(0.5)

    spheres, standing, random, lying = (
        exponent(1.0, flatness=1.0),
        exponent(0.1),
        exponent(1.0),
        exponent(10.0),
    )
    assert standing < random < lying
    assert random > spheres + 0.1


def test_overlapping_particles_have_less_area_than_their_size_says():
    radius_m = 3e-6
    for penetration in (0.3, 1.0):
        found = ensemble(
            n_seeds=1,
            axes=(),
            particle_spread=0.0,
            options={"placement": "overlapping", "penetration": penetration, "max_overlap": 1.0},
        )
        assert found.area_per_m.mean() < 0.9 * 3.0 * 0.6 / radius_m


def anisotropy(loose, **changes):
    """Return tortuosity through the thickness over that in plane, one value a volume."""
    found = ensemble(
        porosity=0.35,
        active_wt_pct=96.0,
        particle_flatness=3.0,
        calender_from_porosity=loose,
        **changes,
    ).tortuosity.reshape(-1, 3)
    return found[:, 0] / found[:, 1:].mean(axis=1)


def test_pressing_makes_tortuosity_anisotropic():
    as_coated, pressed = (anisotropy(loose, n_seeds=2) for loose in (None, 0.65))
    assert as_coated.mean() == pytest.approx(1.0, abs=0.1)
    assert pressed.mean() > as_coated.mean() + 0.12


@pytest.mark.slow
def test_the_further_a_coating_is_pressed_the_more_anisotropic_it_is():
    found = [
        anisotropy(loose, n_seeds=4, n_voxels=80, voxel_size_m=0.5e-6).mean()
        for loose in (None, 0.5, 0.65)
    ]
    assert found[0] == pytest.approx(1.0, abs=0.1)
    assert found[0] + 0.06 < found[1] < found[2] - 0.06


def test_another_seed_is_another_structure_of_the_same_statistics():
    found = ensemble(n_seeds=6, axes=(0,), active_wt_pct=95.0)
    assert len(set(found.tortuosity.tolist())) == 6
    assert found.tortuosity.std() < 0.15 * found.tortuosity.mean()
    assert found.area_per_m.std() < 0.06 * found.area_per_m.mean()
