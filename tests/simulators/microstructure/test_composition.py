import pytest

from experiments.errors import DesignFailed, Invalid
from experiments.observation import FailureKind
from experiments.recipe import ElectrodeRecipe
from simulators.microstructure.composition import compose, recipe_from_fractions
from simulators.microstructure.materials import CARBON_BLACK, NMC811, PVDF


def recipe(active: float, porosity: float, **more: float) -> ElectrodeRecipe:
    rest = (100.0 - active) / 2.0
    return ElectrodeRecipe(
        active_wt_pct=active,
        binder_wt_pct=rest,
        carbon_wt_pct=rest,
        porosity=porosity,
        thickness_m=75e-6,
        particle_d50_m=6e-6,
        **more,
    )


def test_the_binder_domain_reaches_27_percent_at_92_wt_pct_and_20_percent_porosity():
    assert compose(recipe(92.0, 0.20)).binder_domain == pytest.approx(0.27, abs=0.01)


def test_fractions_sum_to_one_and_macropores_are_porosity_minus_nanopores():
    found = compose(recipe(94.0, 0.30))
    assert sum(found.phase_fraction.values()) == pytest.approx(1.0)
    assert found.macropore == pytest.approx(0.30 - 0.47 * found.binder_domain)
    assert found.porosity == pytest.approx(0.30)


def test_masses_follow_from_the_same_volumes():
    found = compose(recipe(95.0, 0.25))
    density = (
        found.active * NMC811.density_kg_per_m3
        + found.binder_solid * PVDF.density_kg_per_m3
        + found.carbon_solid * CARBON_BLACK.density_kg_per_m3
    )
    assert found.dry_density_kg_per_m3 == pytest.approx(density)
    assert found.areal_mass_kg_per_m2 == pytest.approx(density * 75e-6)
    assert found.active_areal_mass_kg_per_m2 == pytest.approx(0.95 * density * 75e-6)
    assert found.areal_capacity_Ah_per_m2 == pytest.approx(0.95 * density * 75e-6 * 195.0)


def test_a_binder_that_does_not_fit_is_infeasible_with_its_arithmetic():
    with pytest.raises(DesignFailed, match=r"macropore fraction of -0\.0") as failed:
        compose(recipe(85.0, 0.20))
    assert failed.value.failure_kind is FailureKind.infeasible_recipe
    assert "/ (1 − nanoporosity 0.47)" in failed.value.message


def test_fractions_of_an_image_come_back_from_their_recipe():
    from_image = recipe_from_fractions(
        pore=0.4005, active=0.4995, binder=0.1000, thickness_m=75e-6, particle_d50_m=9e-6
    )
    assert compose(from_image).phase_fraction == pytest.approx(
        {"pore": 0.4005, "active": 0.4995, "binder": 0.1, "second_active": 0.0}
    )


def test_fractions_that_do_not_sum_to_one_are_refused():
    with pytest.raises(Invalid, match=r"pore 0.5 \+ active 0.5 \+ binder 0.2 = 1.2"):
        recipe_from_fractions(
            pore=0.5, active=0.5, binder=0.2, thickness_m=75e-6, particle_d50_m=9e-6
        )


def test_silicon_takes_its_share_of_a_graphite_coating():
    found = compose(
        recipe(90.0, 0.30, active_material="graphite").model_copy(
            update={"active_wt_pct": 80.0, "second_active_wt_pct": 10.0}
        )
    )
    assert found.second_active / found.active == pytest.approx(10 / 2330 / (80 / 2260))


def test_an_unknown_active_material_is_refused_by_name():
    with pytest.raises(Invalid, match="active_material: 'unobtainium'"):
        compose(recipe(94.0, 0.3, active_material="unobtainium"))
