import numpy as np
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


@pytest.mark.parametrize("active", [0.4, 0.8])
@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"particle_elongation": 3.0},
        {"particle_flatness": 3.0},
        {"particle_elongation": 1.8, "particle_flatness": 1.8},
    ],
)
def test_every_shape_packs_from_40_to_80_percent_within_the_usual_overlap(shape, active):
    bare = RECIPE.model_copy(
        update={
            "active_wt_pct": 100.0,
            "binder_wt_pct": 0.0,
            "carbon_wt_pct": 0.0,
            "porosity": 1.0 - active,
            **shape,
        }
    )
    voxels = StochasticGenerator().generate(request(recipe=bare))
    assert voxels.volume_fraction["active"] == pytest.approx(active, abs=1e-4)
    assert voxels.statistics["overlap_factor"] < 0.15


def test_random_placement_overlaps_as_much_as_chance_says():
    # Boolean model: a share p is covered when p = 1 − exp(−η), and 1 − (1 + η)exp(−η) twice.
    asked = request(recipe=RECIPE.model_copy(update={"particle_d50_m": 4e-6})).model_copy(
        update={"options": {"placement": "overlapping", "penetration": 1.0, "max_overlap": 1.0}}
    )
    voxels = StochasticGenerator().generate(asked)
    covered = voxels.volume_fraction["active"]
    eta = -np.log(1.0 - covered)
    twice = 1.0 - (1.0 + eta) * np.exp(-eta)
    assert voxels.statistics["overlap_factor"] == pytest.approx(twice / covered, rel=0.12)
