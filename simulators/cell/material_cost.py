"""What the materials of a whole cell cost, before any manufacturing."""

from __future__ import annotations

from typing import Final

from experiments.errors import Invalid
from simulators.cell.whole_cell import WholeCell

POSITIVE_COATING_USD_PER_KG: Final[dict[str, float]] = {"NMC811": 22.0, "LNO": 22.0, "LFP": 7.0}
"""By active material, of the dry coating with its binder and carbon. Assumed: of the order of
published price surveys of 2020 to 2024, which scatter by a factor of two with nickel, cobalt and
lithium; use the metric to compare designs of one chemistry, not to quote a price."""

PART_USD_PER_KG: Final[dict[str, float]] = {
    "negative coating": 9.0,
    "aluminium foil": 7.0,
    "copper foil": 14.0,
    "separator": 110.0,
    "electrolyte": 11.0,
    "can": 3.0,
    "fittings": 8.0,
    "housing": 8.0,
    "laminate": 15.0,
    "tabs": 20.0,
}
"""All assumed, as above; the separator's is about 1 USD/m² at 9 g/m²."""


def material_cost_USD(whole: WholeCell, active_material: str) -> float:
    """Return the sum over the parts of mass times price.

    Raises ``Invalid`` for an active material without a price, ``KeyError`` for unknown parts.
    """
    if active_material not in POSITIVE_COATING_USD_PER_KG:
        raise Invalid(
            f"positive.active_material: {active_material!r} has no price; allowed: "
            f"{sorted(POSITIVE_COATING_USD_PER_KG)}"
        )
    prices = {
        **PART_USD_PER_KG,
        "positive coating": POSITIVE_COATING_USD_PER_KG[active_material],
    }
    return sum(mass_kg * prices[part] for part, mass_kg in whole.masses_kg.items())
