import numpy as np
import pytest

from simulators.microstructure.stochastic import StochasticGenerator
from simulators.microstructure.stochastic.binder import omega_of
from simulators.properties.interface_area import interface_areas_per_m
from tests.contracts.generator_contract import RECIPE, request


def areas(*, adhesion=0.5, active_wt_pct=94.0, options=None, n_seeds=2):
    """Pore-active, pore-binder and active-binder area per volume."""
    rest = (100.0 - active_wt_pct) / 2.0
    recipe = RECIPE.model_copy(
        update={
            "binder_adhesion": adhesion,
            "active_wt_pct": active_wt_pct,
            "binder_wt_pct": rest,
            "carbon_wt_pct": rest,
        }
    )
    found = []
    for seed in range(n_seeds):
        asked = request(seed, recipe).model_copy(update={"options": options or {}})
        voxels = StochasticGenerator().generate(asked)
        matrix = interface_areas_per_m(voxels.labels, voxels.voxel_size_m, n_threads=1)
        found.append([matrix[0, 1], matrix[0, 2], matrix[1, 2]])
    return np.mean(found, axis=0)


def test_adhesion_maps_to_the_morphology_factor():
    assert omega_of(1.0) == pytest.approx(0.1)
    assert omega_of(0.0) == pytest.approx(0.9)


def test_a_film_covers_more_active_surface_than_fingers():
    fingers, between, film = (areas(adhesion=a) for a in (0.0, 0.5, 1.0))
    covered = [found[2] / (found[0] + found[2]) for found in (fingers, between, film)]
    assert covered[0] + 0.1 < covered[1] < covered[2] - 0.05


def test_more_binder_means_more_pore_binder_and_less_pore_active_area():
    little, more = areas(active_wt_pct=97.0), areas(active_wt_pct=93.0)
    assert more[1] > 1.2 * little[1]
    assert more[0] < 0.8 * little[0]


def test_bridging_gathers_binder_where_particles_almost_touch():
    open_surface, bridges = (
        areas(adhesion=1.0, options={"binder_bridging": bridging}) for bridging in (0.0, 1.0)
    )
    # Filling a gap from both walls leaves less surface towards the pores than two films do.
    assert bridges[1] < 0.85 * open_surface[1]
    assert bridges[0] > 1.2 * open_surface[0]


def test_no_binder_is_no_error():
    bare = RECIPE.model_copy(
        update={"active_wt_pct": 100.0, "binder_wt_pct": 0.0, "carbon_wt_pct": 0.0}
    )
    assert "binder" not in StochasticGenerator().generate(request(recipe=bare)).volume_fraction
