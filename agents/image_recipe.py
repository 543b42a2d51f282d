"""The recipe of an electrode that is known by its image only."""

from __future__ import annotations

from experiments.baseline import ImageBaseline
from experiments.campaign import Campaign
from experiments.errors import Invalid
from experiments.microstructure import Microstructure
from experiments.properties import EffectiveProperties
from experiments.recipe import ElectrolyteRecipe, NegativeRecipe, Recipe
from simulators.microstructure.composition import recipe_from_fractions


def image_recipe(
    campaign: Campaign,
    baseline: ImageBaseline,
    record: Microstructure,
    properties: EffectiveProperties | None,
) -> Recipe:
    """Return the recipe whose coating has the image's fractions and the thickness given.

    What the image does not show comes from the campaign's fixed values where there are such, else
    from the recipe's defaults. Raises ``Invalid`` where the fractions make no electrode.
    """
    d50_m = _d50_m(baseline, properties)
    fixed = campaign.design.fixed
    shown = {
        key: value
        for key, value in (
            ("binder_nanoporosity", fixed.get("positive.binder_nanoporosity")),
            ("active_material", fixed.get("positive.active_material")),
        )
        if value is not None
    }
    fractions = record.volume_fraction
    if "second_active" in fractions:
        raise Invalid("baseline: an image with a second active material has no recipe yet")
    positive = recipe_from_fractions(
        pore=fractions.get("pore", 0.0),
        active=fractions.get("active", 0.0),
        binder=fractions.get("binder", 0.0),
        thickness_m=baseline.thickness_um * 1e-6,
        particle_d50_m=d50_m,
        **shown,  # type: ignore[arg-type]
    )
    negative, electrolyte = (
        {
            key.removeprefix(f"{part}."): value
            for key, value in fixed.items()
            if key.startswith(f"{part}.")
        }
        for part in ("negative", "electrolyte")
    )
    return Recipe(
        positive=positive,
        negative=NegativeRecipe.model_validate(negative),
        electrolyte=ElectrolyteRecipe.model_validate(electrolyte),
    )


def _d50_m(baseline: ImageBaseline, properties: EffectiveProperties | None) -> float:
    """Return the particle diameter given, else twice the measured radius."""
    if baseline.particle_d50_um is not None:
        return baseline.particle_d50_um * 1e-6
    if properties is None or properties.particle_radius_m is None:
        raise Invalid("baseline: no particle size could be measured; give particle_d50_um")
    return 2.0 * properties.particle_radius_m
