import math

import pytest
from scipy.optimize import brentq

from experiments.cell_spec import CellSpec
from experiments.errors import DesignFailed, Invalid
from experiments.physics import Physics
from experiments.properties import AxisTransport, EffectiveProperties
from experiments.recipe import ElectrodeRecipe, NegativeRecipe, Recipe
from simulators.cell.evaluate import evaluate_cell
from simulators.cell.formats import FORMAT_4680, FORMATS, cell_format
from simulators.cell.sizing import size_cell
from simulators.cell.whole_cell import Coating, Stack
from simulators.microstructure.composition import compose

LG_M50 = Stack(
    positive=Coating(thickness_m=75.6e-6, porosity=0.335, dry_density_kg_per_m3=3125.0),
    negative=Coating(thickness_m=85.2e-6, porosity=0.25, dry_density_kg_per_m3=1695.0),
    separator_thickness_m=12e-6,
    separator_porosity=0.47,
)


def first_generation_4680() -> Recipe:
    """Return the published coatings: 87 µm, 117 µm, 4.9 mAh/cm²; 96 wt% active is assumed."""

    def recipe(porosity: float, negative_porosity: float) -> Recipe:
        return Recipe(
            positive=ElectrodeRecipe(
                active_wt_pct=96.0,
                binder_wt_pct=2.0,
                carbon_wt_pct=2.0,
                porosity=porosity,
                thickness_m=87e-6,
                particle_d50_m=6e-6,
            ),
            negative=NegativeRecipe(n_to_p_ratio=1.1, porosity=negative_porosity),
        )

    def excess_loading(porosity: float) -> float:
        return size_cell(CellSpec(), recipe(porosity, 0.3)).areal_capacity_Ah_per_m2 - 49.0

    porosity = float(brentq(excess_loading, 0.2, 0.6))

    def excess_thickness(negative_porosity: float) -> float:
        sized = size_cell(CellSpec(), recipe(porosity, negative_porosity))
        return sized.negative_thickness_m - 117e-6

    return recipe(porosity, float(brentq(excess_thickness, 0.1, 0.7)))


def test_the_first_generation_4680_comes_out_as_published() -> None:
    """Ank et al. 2023: 232.5 Wh/kg, 622.4 Wh/L, 355 g; discharged at C/10 here."""
    recipe = first_generation_4680()
    fractions = compose(recipe.positive).phase_fraction
    surface_per_m = 6.0 * fractions["active"] / recipe.positive.particle_d50_m
    transport, conductivity = (
        {"0": AxisTransport(relative=value, lower=value, upper=value)}
        for value in (recipe.positive.porosity**1.5, 5.0)
    )
    properties = EffectiveProperties(
        shape=(64, 64, 64),
        voxel_size_m=(4e-7, 4e-7, 4e-7),
        volume_fraction={str(phase): share for phase, share in fractions.items()},
        percolating_fraction={},
        pore_transport=transport,
        solid_transport=conductivity,
        interface_area_per_m={"pore-active": surface_per_m},
    )
    found = evaluate_cell(
        CellSpec(),
        recipe,
        properties,
        power_W=8.25,
        model="DFN",
        mesh_points=20,
        physics=Physics(),
        with_details=False,
        with_bias=False,
    ).metrics
    assert found["specific_energy_Wh_per_kg"] == pytest.approx(232.5, rel=0.03)
    assert found["energy_density_Wh_per_L"] == pytest.approx(622.4, rel=0.03)
    assert found["cell_mass_kg"] == pytest.approx(0.355, rel=0.05)


def test_the_published_4680_stack_winds_to_the_published_lengths() -> None:
    published = Stack(
        positive=Coating(thickness_m=87e-6, porosity=0.3, dry_density_kg_per_m3=3000.0),
        negative=Coating(thickness_m=117e-6, porosity=0.3, dry_density_kg_per_m3=1500.0),
        separator_thickness_m=12e-6,
        separator_porosity=0.47,
    )
    cell = FORMAT_4680.assemble(published)
    assert cell.dimensions_m["positive length"] == pytest.approx(3.267, rel=5e-3)
    assert cell.dimensions_m["negative length"] == pytest.approx(3.403, rel=5e-3)


def test_a_21700_with_the_lg_m50s_coatings_is_an_lg_m50() -> None:
    """Chen et al. 2020: 0.1027 m² of positive; data sheet: 68 to 70 g."""
    cell = cell_format("21700").assemble(LG_M50)
    assert cell.coated_area_m2 == pytest.approx(0.1027, rel=0.02)
    assert cell.mass_kg == pytest.approx(0.069, rel=0.04)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_gives_finite_positive_parts(name: str) -> None:
    cell = cell_format(name).assemble(LG_M50)
    parts = [*cell.masses_kg.values(), cell.coated_area_m2, cell.volume_m3]
    assert all(math.isfinite(part) and part > 0.0 for part in parts)
    assert 0.0 < cell.series_resistance_Ohm < 2.0
    density_kg_per_L = cell.mass_kg / (cell.volume_m3 * 1e3)
    assert 1.0 < density_kg_per_L < 4.0


def test_thicker_electrodes_wind_to_less_area() -> None:
    thick = Stack(
        positive=Coating(thickness_m=150e-6, porosity=0.3, dry_density_kg_per_m3=3000.0),
        negative=Coating(thickness_m=170e-6, porosity=0.3, dry_density_kg_per_m3=1500.0),
        separator_thickness_m=12e-6,
        separator_porosity=0.47,
    )
    for name in ("4680", "21700", "18650", "pouch"):
        form = cell_format(name)
        assert form.assemble(thick).coated_area_m2 < form.assemble(LG_M50).coated_area_m2


def test_a_stack_too_thick_to_wind_is_infeasible() -> None:
    absurd = Stack(
        positive=Coating(thickness_m=900e-6, porosity=0.3, dry_density_kg_per_m3=3000.0),
        negative=Coating(thickness_m=2e-3, porosity=0.3, dry_density_kg_per_m3=1500.0),
        separator_thickness_m=12e-6,
        separator_porosity=0.47,
    )
    with pytest.raises(DesignFailed, match="fewer than three turns") as failed:
        cell_format("18650").assemble(absurd)
    assert failed.value.kind == "infeasible_recipe"


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(Invalid, match=r"'AA' is not known; allowed: .*'21700'.*'4680'"):
        cell_format("AA")
