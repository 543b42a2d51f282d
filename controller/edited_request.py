"""What would be built instead: a proposal's request with some values changed by a person."""

from __future__ import annotations

import math
from collections.abc import Mapping

from controller.build_request import build_request
from experiments.build import BuildRequest
from experiments.campaign import Campaign
from experiments.design import Design
from experiments.errors import Invalid

Value = float | int | str
MOST_CELLS = 96


def edited_request(
    campaign: Campaign, before: BuildRequest, values: Mapping[str, Value], n_cells: int | None
) -> BuildRequest:
    """Return the request with the named values; recipe, cell and protocol follow from them.

    Raises ``Invalid`` for a name or value that is none of this campaign's, and for a recipe that
    makes no cell. Imports the cell model.
    """
    level = campaign.build_level
    if level is None:
        raise Invalid(f"campaign {campaign.name} builds nothing")
    changed = {
        name: value for name, value in values.items() if value != before.design.values.get(name)
    }
    for name in changed:
        if name not in before.design.values:
            listed = ", ".join(before.design.values)
            raise Invalid(f"{name[:60]!r} is not among the values of the design: {listed}")
    design = Design(values={**before.design.values, **changed})
    if not campaign.design.contains(design):
        raise Invalid("the values lie outside of the campaign's design space")
    try:
        made = build_request(campaign, level, design, model_version=before.model_version)
    except ValueError as error:
        raise Invalid(f"these values make no recipe: {error}") from error
    cells = before.n_cells if n_cells is None else n_cells
    if not 1 <= cells <= MOST_CELLS:
        raise Invalid(f"n_cells: {cells} is out of range; allowed: 1 to {MOST_CELLS}")
    if not changed:
        made = before  # only the number of cells: protocol and recipe stay as they were shown
    return made.model_copy(update={"n_cells": cells})


def values_of(before: BuildRequest, texts: Mapping[str, str]) -> dict[str, Value]:
    """Return a form's fields as values of the design; numbers stay numbers. Raises ``Invalid``."""
    found: dict[str, Value] = {}
    for name, old in before.design.values.items():
        text = texts.get(name)
        if text is None:
            continue
        if isinstance(old, str):
            found[name] = text
            continue
        try:
            value = float(text)
        except ValueError:
            raise Invalid(f"{name}: {text[:40]!r} is no number") from None
        if not math.isfinite(value):
            raise Invalid(f"{name}: {text[:40]!r} is no finite number")
        is_count = isinstance(old, int) and value.is_integer()
        same = math.isclose(value, old, rel_tol=5e-6)  # shown to six digits
        found[name] = old if same else int(value) if is_count else value
    return found
