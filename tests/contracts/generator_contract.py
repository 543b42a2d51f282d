"""What every generator must keep; subclass ``GeneratorContract`` and give it a generator.

An outside package runs it on itself:

    from tests.contracts.generator_contract import GeneratorContract

    class TestMine(GeneratorContract):
        @pytest.fixture(scope="class")
        @classmethod
        def generator(cls):
            return MyGenerator()
"""

from __future__ import annotations

import numpy as np
import pytest

from experiments.errors import DesignFailed
from experiments.generation import VolumeRequest
from experiments.microstructure import PHASE_LABEL
from experiments.observation import FailureKind
from experiments.recipe import ElectrodeRecipe
from simulators.microstructure.composition import compose
from simulators.microstructure.generator import Generator
from simulators.microstructure.voxels import Voxels

RECIPE = ElectrodeRecipe(
    active_wt_pct=94.0,
    binder_wt_pct=3.0,
    carbon_wt_pct=3.0,
    porosity=0.35,
    thickness_m=75e-6,
    particle_d50_m=6e-6,
)


def request(seed: int = 1, recipe: ElectrodeRecipe = RECIPE) -> VolumeRequest:
    return VolumeRequest(recipe=recipe, shape=(56, 60, 64), voxel_size_m=0.65e-6, seed=seed)


class GeneratorContract:
    """One suite for every implementation of ``Generator``."""

    fraction_tolerance = 1e-3
    """0.1 vol%."""

    @pytest.fixture(scope="class")
    @classmethod
    def generator(cls) -> Generator:
        raise NotImplementedError("give the contract a generator")

    @pytest.fixture(scope="class")
    @classmethod
    def voxels(cls, generator: Generator) -> Voxels:
        return generator.generate(request())

    def test_it_has_a_name_and_a_version(self, generator):
        assert generator.name
        assert generator.version

    def test_voxels_have_the_asked_shape_and_size(self, voxels):
        assert voxels.labels.shape == (56, 60, 64)
        assert voxels.labels.dtype == np.uint8
        assert voxels.voxel_size_m == (0.65e-6, 0.65e-6, 0.65e-6)

    def test_labels_are_known_phases(self, voxels):
        assert set(np.unique(voxels.labels)) <= set(PHASE_LABEL.values())

    def test_delivered_fractions_are_those_of_the_recipe(self, voxels):
        asked = compose(RECIPE).phase_fraction
        for phase, fraction in asked.items():
            delivered = voxels.volume_fraction.get(phase, 0.0)
            assert delivered == pytest.approx(fraction, abs=self.fraction_tolerance)

    def test_the_same_seed_gives_the_same_bytes(self, generator, voxels):
        again = generator.generate(request())
        assert again.labels.tobytes() == voxels.labels.tobytes()
        assert again.statistics == voxels.statistics

    def test_another_seed_gives_another_structure(self, generator, voxels):
        other = generator.generate(request(seed=2))
        assert np.mean(other.labels != voxels.labels) > 0.1

    def test_statistics_are_finite_numbers(self, voxels):
        assert voxels.statistics["equivalent_radius_m"] > 0.0
        assert all(np.isfinite(value) for value in voxels.statistics.values())

    def test_a_recipe_that_does_not_fit_is_infeasible(self, generator):
        heavy = RECIPE.model_copy(
            update={
                "active_wt_pct": 80.0,
                "binder_wt_pct": 10.0,
                "carbon_wt_pct": 10.0,
                "porosity": 0.2,
            }
        )
        with pytest.raises(DesignFailed) as failed:
            generator.generate(request(recipe=heavy))
        assert failed.value.failure_kind is FailureKind.infeasible_recipe
