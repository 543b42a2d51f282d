from __future__ import annotations

import pytest

from experiments.recipe_values import recipe_of, whole_mass

GIVEN = {
    "positive.active_wt_pct": 94,
    "positive.porosity": 0.32,
    "positive.thickness_um": 75,
    "positive.particle_d50_um": 6,
}


def test_micrometres_become_metres_and_the_missing_mass_is_shared_equally() -> None:
    recipe = recipe_of(GIVEN)
    assert recipe.positive.thickness_m == pytest.approx(75e-6)
    assert recipe.positive.binder_wt_pct == recipe.positive.carbon_wt_pct == pytest.approx(3.0)


def test_a_binder_that_is_given_leaves_the_rest_to_carbon() -> None:
    whole = whole_mass({**GIVEN, "positive.binder_wt_pct": 4})
    assert whole["positive.carbon_wt_pct"] == pytest.approx(2.0)


def test_without_any_mass_there_is_no_recipe() -> None:
    with pytest.raises(ValueError, match="give active_wt_pct"):
        recipe_of({"positive.porosity": 0.3})


def test_masses_over_a_hundred_make_no_recipe() -> None:
    with pytest.raises(ValueError, match="carbon_wt_pct"):
        recipe_of({**GIVEN, "positive.binder_wt_pct": 9})
