"""From the values of a campaign file, in its units and dotted names, to a recipe in SI."""

from __future__ import annotations

from experiments.recipe import ElectrodeRecipe, ElectrolyteRecipe, NegativeRecipe, Recipe

Values = dict[str, float | int | str]


def recipe_of(values: Values) -> Recipe:
    """Return the recipe of a design's values and the campaign's fixed ones.

    Raises ``ValueError`` where they make no recipe.
    """
    whole = whole_mass(values)
    parts = {
        part: _in_SI(
            {
                key.removeprefix(f"{part}."): value
                for key, value in whole.items()
                if key.startswith(f"{part}.")
            }
        )
        for part in ("positive", "negative", "electrolyte")
    }
    return Recipe(
        positive=ElectrodeRecipe.model_validate(parts["positive"]),
        negative=NegativeRecipe.model_validate(parts["negative"]),
        electrolyte=ElectrolyteRecipe.model_validate(parts["electrolyte"]),
    )


def whole_mass(values: Values) -> Values:
    """Return dotted values with the positive's missing weight percents filled in.

    What the given ones leave of 100 is shared equally. Raises ``ValueError`` where none is given.
    """
    parts = tuple(f"positive.{part}_wt_pct" for part in ("active", "binder", "carbon"))
    given = {part: float(values[part]) for part in parts if part in values}
    missing = [part for part in parts if part not in given]
    left = 100.0 - sum(given.values())
    if len(missing) == len(parts):
        raise ValueError("positive: give active_wt_pct, or a mixture")
    return {**values, **given, **{part: left / len(missing) for part in missing}}


def _in_SI(values: Values) -> dict[str, object]:
    """Rename ``…_um`` to ``…_m`` and convert; gather dotted names into the models they name."""
    found: dict[str, object] = {}
    parts: dict[str, Values] = {}
    for key, value in values.items():
        part, dot, rest = key.partition(".")
        if dot:
            parts.setdefault(part, {})[rest] = value
        elif key.endswith("_um"):
            found[key.removesuffix("_um") + "_m"] = float(value) * 1e-6
        else:
            found[key] = value
    return {**found, **{part: _in_SI(inner) for part, inner in parts.items()}}
