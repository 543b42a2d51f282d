"""The recipe of a coating as it was measured, in the place of the recipe that was asked for.

Thickness, loading and porosity of a coating of known composition hang together: the loading is
the solids' density times (1 − porosity) times the thickness. Two of them give the third; where all
three were measured, thickness and porosity stand and the loading is held against them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from experiments.build import BuildRequest
from experiments.build_status import AsBuilt
from experiments.recipe import Recipe
from simulators.microstructure.composition import compose

REACH: Final = 0.5
"""How far a coating may lie from what was asked, relative, before a person must look: a slip of a
unit or of a decimal point is far beyond it, a coating gone wrong hardly ever. Assumed."""
AT_ODDS: Final = 0.1
"""Relative difference of a measured loading from what thickness and porosity make, from which it is
said. Assumed: three times the accuracy of a gauge of 1 µm on 40 µm."""


def as_built_recipe(asked: Recipe, built: AsBuilt) -> Recipe:
    """Return the recipe with what was measured on the coating in the place of what was asked.

    Raises ``ValueError`` where the measurements make no coating.
    """
    positive = asked.positive
    thickness_m, porosity = built.thickness_m, built.porosity
    if built.loading_kg_per_m2 is not None:
        ratio = built.loading_kg_per_m2 / loading_of(asked)
        if thickness_m is not None and porosity is None:
            porosity = 1.0 - (1.0 - positive.porosity) * ratio * positive.thickness_m / thickness_m
        elif thickness_m is None:
            solids = (1.0 - positive.porosity) / (1.0 - (porosity or positive.porosity))
            thickness_m = positive.thickness_m * ratio * solids
    found = {"thickness_m": thickness_m, "porosity": porosity}
    known = {name: value for name, value in found.items() if value is not None}
    made = type(positive).model_validate({**positive.model_dump(), **known})
    return asked.model_copy(update={"positive": made})


def loading_of(recipe: Recipe) -> float:
    """Return the dry mass of one coated side, kg/m². Raises as ``compose``."""
    return compose(recipe.positive).areal_mass_kg_per_m2


def deviations(asked: Recipe, built: AsBuilt) -> tuple[str, ...]:
    """Say how the coating differs from what was asked."""
    found = []
    made = as_built_recipe(asked, built).positive
    if built.thickness_m is not None or made.thickness_m != asked.positive.thickness_m:
        asked_um = 1e6 * asked.positive.thickness_m
        how = "" if built.thickness_m is not None else ", by its loading"
        found.append(f"thickness {1e6 * made.thickness_m:.1f} µm (asked {asked_um:.1f}{how})")
    if built.porosity is not None or made.porosity != asked.positive.porosity:
        how = "" if built.porosity is not None else ", by loading and thickness"
        found.append(f"porosity {made.porosity:.3f} (asked {asked.positive.porosity:.3f}{how})")
    if built.loading_kg_per_m2 is not None:
        follows = loading_of(as_built_recipe(asked, built))
        if abs(built.loading_kg_per_m2 / follows - 1.0) > AT_ODDS:
            found.append(
                f"loading {100 * built.loading_kg_per_m2:.3g} mg/cm², and thickness and porosity "
                f"make {100 * follows:.3g}"
            )
    return tuple(found)


def odd_measurements(request: BuildRequest, built: AsBuilt) -> Iterator[str]:
    """Say which measured properties lie too far from what was asked to be believed unseen."""
    positive = request.recipe.positive
    loading = loading_of(request.recipe)
    is_odd = False
    for name, found, asked, factor, unit in (
        ("thickness", built.thickness_m, positive.thickness_m, 1e6, "µm"),
        ("porosity", built.porosity, positive.porosity, 100.0, "%"),
        ("loading", built.loading_kg_per_m2, loading, 100.0, "mg/cm²"),
    ):
        if found is not None and abs(found / asked - 1.0) > REACH:
            is_odd = True
            yield f"{name} {factor * found:.4g} {unit} as built, asked {factor * asked:.4g} {unit}"
    if is_odd or built.porosity is not None:
        return
    try:
        porosity = as_built_recipe(request.recipe, built).positive.porosity
    except ValueError:
        yield "loading and thickness as built make no coating"
        return
    if abs(porosity / positive.porosity - 1.0) > REACH:
        yield (
            f"loading and thickness as built make a porosity of {100 * porosity:.3g} %, asked "
            f"{100 * positive.porosity:.3g} %"
        )
