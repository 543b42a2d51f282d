"""The electrolyte as a design variable: a published correlation, or one changed by hand."""

from __future__ import annotations

from typing import Final

from experiments.errors import Invalid
from experiments.recipe import ElectrolyteRecipe

CORRELATIONS: Final[dict[str, str]] = {
    "Nyman2008": "Chen2020",
    "Landesfeind2019": "ORegan2022",
    "Valoen2005": "Xu2019",
}
"""Name → PyBaMM's parameter set that holds it.

Nyman et al. 2008, Electrochim. Acta 53, 6356: 1 M LiPF6 in EC:EMC 3:7, 25 °C, quoted.
Landesfeind and Gasteiger 2019, J. Electrochem. Soc. 166, A3079: EC:EMC 3:7, −10 to 50 °C, quoted;
with a thermodynamic factor and a transference number that depend on concentration.
Valøen and Reimers 2005, J. Electrochem. Soc. 152, A882: LiPF6 in PC/EC/DMC, −10 to 60 °C, quoted.
"""


def electrolyte_set(electrolyte: ElectrolyteRecipe) -> str | None:
    """Return the parameter set its correlation comes from, or None. Raises ``Invalid``."""
    if electrolyte.correlation is None:
        return None
    if electrolyte.correlation not in CORRELATIONS:
        raise Invalid(
            f"electrolyte.correlation: {electrolyte.correlation!r} is not known; allowed: "
            f"{sorted(CORRELATIONS)}"
        )
    return CORRELATIONS[electrolyte.correlation]
