"""One ordinary design, with properties as a microstructure of it might have."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from experiments.properties import AxisTransport, EffectiveProperties
from experiments.recipe import ElectrodeRecipe, Recipe
from simulators.microstructure.composition import compose

MakeProperties = Callable[..., EffectiveProperties]


def exactly(value: float) -> dict[str, AxisTransport]:
    return {"0": AxisTransport(relative=value, lower=value, upper=value)}


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    return Recipe(
        positive=ElectrodeRecipe(
            active_wt_pct=95.0,
            binder_wt_pct=2.5,
            carbon_wt_pct=2.5,
            porosity=0.33,
            thickness_m=75e-6,
            particle_d50_m=6e-6,
        )
    )


@pytest.fixture(scope="session")
def make_properties() -> MakeProperties:
    """Return a maker of properties that fit a recipe: phase fractions exact, the rest stated."""

    def make(
        recipe: Recipe, *, pore_transport: float = 0.16, conductivity_S_per_m: float = 5.0
    ) -> EffectiveProperties:
        composition = compose(recipe.positive)
        surface_per_m = 6.0 * composition.active / recipe.positive.particle_d50_m
        return EffectiveProperties(
            shape=(64, 64, 64),
            voxel_size_m=(4e-7, 4e-7, 4e-7),
            volume_fraction={str(k): v for k, v in composition.phase_fraction.items()},
            percolating_fraction={},
            pore_transport=exactly(pore_transport),
            solid_transport=exactly(conductivity_S_per_m),
            interface_area_per_m={
                "pore-active": 0.6 * surface_per_m,
                "active-binder": 0.3 * surface_per_m,
                "pore-binder": 1e5,
            },
        )

    return make


@pytest.fixture(scope="session")
def properties(recipe: Recipe, make_properties: MakeProperties) -> EffectiveProperties:
    return make_properties(recipe)
