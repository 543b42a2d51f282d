import numpy as np
import pytest

from experiments.errors import Invalid
from simulators.microstructure.stochastic import StochasticGenerator
from tests.contracts.generator_contract import RECIPE, GeneratorContract, request


class TestStochasticGenerator(GeneratorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def generator(cls):
        return StochasticGenerator()


def test_any_number_of_threads_gives_the_same_bytes():
    one, three = (StochasticGenerator(n_threads=n).generate(request()) for n in (1, 3))
    assert one.labels.tobytes() == three.labels.tobytes()
    assert one.statistics == three.statistics


def test_finer_voxels_sample_the_same_structure():
    coarse = request()
    fine = coarse.model_copy(
        update={"shape": tuple(2 * n for n in coarse.shape), "voxel_size_m": 0.325e-6}
    )
    generate = StochasticGenerator().generate
    coarse_labels = generate(coarse).labels
    fine_labels = generate(fine).labels
    same = np.mean(fine_labels[::2, ::2, ::2] == coarse_labels)
    unrelated = np.mean(generate(request(seed=9)).labels == coarse_labels)
    assert same > 0.80 > unrelated + 0.2


def test_particles_wider_than_half_the_volume_are_refused():
    wide = RECIPE.model_copy(update={"particle_d50_m": 30e-6})
    with pytest.raises(Invalid, match="particle_d50_m"):
        StochasticGenerator().generate(request(recipe=wide))


def test_a_volume_narrower_than_six_diameters_says_so():
    wide = RECIPE.model_copy(update={"particle_d50_m": 8e-6})
    voxels = StochasticGenerator().generate(request(recipe=wide))
    assert "median diameters wide" in voxels.fallbacks[0]
