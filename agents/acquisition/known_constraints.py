"""What is known to be impossible before any simulation: recipe feasibility and recipe limits."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError

from experiments.campaign import Campaign
from experiments.design import Design
from experiments.errors import DesignFailed
from experiments.metrics import METRICS

Screen = Callable[[Campaign, Design], str | None]
"""Says why a design of a campaign need not be tried, or None where nothing speaks against it."""


def violation(campaign: Campaign, design: Design) -> str | None:
    """Say which known constraint a design breaks, or return None.

    Known are: the bounds, that the values make a recipe, that the masses fit into the coating and
    the coating into the cell, and limits on metrics that follow from the recipe (areal capacity,
    cell mass). Raises ``Invalid`` where the campaign names an unknown format or parameter set.
    """
    from simulators.cell.sizing import recipe_metrics

    if not campaign.design.contains(design):
        return "outside the design space"
    try:
        metrics = recipe_metrics(campaign.cell, campaign.recipe(design))
    except ValidationError as error:
        first = error.errors()[0]
        return f"no recipe: {'.'.join(map(str, first['loc']))} {first['msg']}"
    except (ValueError, DesignFailed) as error:
        return f"no recipe: {error}"
    for limit in campaign.constraints:
        if not METRICS[limit.metric].from_recipe:
            continue
        value = metrics[limit.metric]
        if limit.max is not None and value > limit.max:
            return f"{limit.metric} {value:.4g} is above {limit.max:g}"
        if limit.min is not None and value < limit.min:
            return f"{limit.metric} {value:.4g} is below {limit.min:g}"
    return None


def unconstrained(campaign: Campaign, design: Design) -> str | None:
    """Screen by the bounds alone, for problems that are not electrodes."""
    return None if campaign.design.contains(design) else "outside the design space"
