import pytest

from experiments.errors import DesignFailed
from experiments.observation import FailureKind
from simulators.microstructure.stochastic import StochasticGenerator
from tests.contracts.generator_contract import RECIPE, request

CROWDED = RECIPE.model_copy(
    update={
        "active_wt_pct": 98.0,
        "binder_wt_pct": 1.0,
        "carbon_wt_pct": 1.0,
        "porosity": 0.18,
        "particle_spread": 0.1,
    }
)


def test_packing_beyond_its_overlap_bound_says_what_it_reached():
    asked = request(recipe=CROWDED).model_copy(update={"options": {"max_overlap": 0.002}})
    with pytest.raises(DesignFailed, match=r"reached an active fraction of 0\.[67]") as failed:
        StochasticGenerator().generate(asked)
    assert failed.value.failure_kind is FailureKind.packing_failed
    assert 0.55 < failed.value.reached < failed.value.asked


def test_the_overlap_factor_is_measured_and_small_for_a_crowded_coating():
    voxels = StochasticGenerator().generate(request(recipe=CROWDED))
    assert voxels.volume_fraction["active"] == pytest.approx(0.78, abs=0.01)
    assert 0.001 < voxels.statistics["overlap_factor"] < 0.1
