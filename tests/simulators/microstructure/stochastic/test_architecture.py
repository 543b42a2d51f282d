"""What changes through the thickness is delivered, and what is conserved stays exact."""

import numpy as np
import pytest

from experiments.architecture import Architecture
from experiments.errors import DesignFailed
from experiments.observation import FailureKind
from simulators.microstructure.composition import compose
from simulators.microstructure.stochastic import StochasticGenerator
from tests.contracts.generator_contract import RECIPE, request

LOOSE = RECIPE.model_copy(update={"porosity": 0.42, "particle_d50_m": 4e-6})


def generated(seed=1, recipe=LOOSE, **changes):
    asked = request(seed, recipe.model_copy(update=changes))
    return StochasticGenerator().generate(asked.model_copy(update={"shape": (96, 64, 64)}))


def assert_masses_are_the_recipe_s(voxels, recipe):
    for phase, fraction in compose(recipe).phase_fraction.items():
        assert voxels.volume_fraction.get(phase, 0.0) == pytest.approx(fraction, abs=1e-4)


def by_thirds(labels, phase):
    return [float(np.mean(part == phase)) for part in np.array_split(labels, 3)]


def test_a_linear_porosity_is_delivered_and_the_masses_kept():
    voxels = generated(architecture=Architecture(porosity_difference=0.24))
    assert_masses_are_the_recipe_s(voxels, LOOSE)
    active = compose(LOOSE).active
    expected = [active * (1 - 0.42 + step) / 0.58 for step in (0.08, 0.0, -0.08)]
    assert by_thirds(voxels.labels, 1) == pytest.approx(expected, abs=0.035)


def test_a_bilayer_has_its_own_sizes_and_porosities():
    voxels = generated(
        architecture=Architecture(porosity_difference=-0.2, size_ratio=0.5, layer_boundary=0.5)
    )
    assert_masses_are_the_recipe_s(voxels, LOOSE)
    upper, lower = np.array_split(voxels.labels == 1, 2)
    active = compose(LOOSE).active
    assert upper.mean() == pytest.approx(active * 0.48 / 0.58, abs=0.03)
    assert lower.mean() == pytest.approx(active * 0.68 / 0.58, abs=0.03)
    # Area per volume goes as 1/size: count faces between active voxels and others, across x.
    faces = [np.mean(part[:, :, 1:] != part[:, :, :-1]) / part.mean() for part in (upper, lower)]
    assert faces[1] > 1.4 * faces[0]


def test_channels_are_empty_and_the_masses_kept():
    asked = Architecture(channel_diameter_m=14e-6, channel_pitch_m=41.6e-6)
    voxels = generated(architecture=asked)
    assert_masses_are_the_recipe_s(voxels, LOOSE)
    centre = voxels.labels[:, 26:38, 26:38]
    assert np.all(centre == 0)
    assert voxels.statistics["channel_share"] == pytest.approx(
        np.pi / 4 * (14 / 41.6) ** 2, rel=0.03
    )


def test_channels_that_leave_too_little_room_are_infeasible():
    wide = Architecture(channel_diameter_m=34e-6, channel_pitch_m=41.6e-6)
    with pytest.raises(DesignFailed, match=r"channels take 0\.5") as failed:
        generated(architecture=wide)
    assert failed.value.failure_kind is FailureKind.infeasible_recipe


def test_fast_drying_moves_binder_to_the_separator_side():
    slow, fast = (generated(drying_rate_kg_per_m2_s=rate) for rate in (0.0, 1e-3))
    assert_masses_are_the_recipe_s(fast, LOOSE)
    even, moved = (by_thirds(voxels.labels, 2) for voxels in (slow, fast))
    assert max(even) < 1.25 * min(even)
    pe = 1e-3 * 75e-6 / 1030.0 / 1e-10
    assert moved[0] / moved[2] == pytest.approx(np.exp(pe * 2 / 3), rel=0.15)


def test_silicon_beside_platelet_graphite_is_the_third_solid():
    recipe = LOOSE.model_copy(
        update={
            "active_material": "graphite",
            "active_wt_pct": 86.0,
            "second_active_wt_pct": 8.0,
            "second_active_d50_m": 2.5e-6,
            "particle_flatness": 3.0,
            "particle_d50_m": 6e-6,
            "calender_from_porosity": 0.6,
        }
    )
    voxels = generated(recipe=recipe)
    assert_masses_are_the_recipe_s(voxels, recipe)
    assert voxels.statistics["shortest_axis_along_thickness"] > 0.40
    assert voxels.statistics["n_second_particles"] > 100
