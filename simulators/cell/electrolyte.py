"""The electrolyte as a design variable: a published correlation, or one changed by hand."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from experiments.errors import Invalid
from experiments.frozen import Frozen

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


class Electrolyte(Frozen):
    """Salt concentration, a correlation, and factors on its three transport properties."""

    correlation: str | None = None
    """One of ``CORRELATIONS``; None takes the parameter set's own."""
    salt_mol_per_m3: float | None = Field(default=None, gt=100, lt=4000)
    """None takes the parameter set's."""
    conductivity_factor: float = Field(default=1.0, gt=0, le=10)
    diffusivity_factor: float = Field(default=1.0, gt=0, le=10)
    transference_factor: float = Field(default=1.0, gt=0, le=4)

    def parameter_set(self) -> str | None:
        """Return the set the correlation comes from, or None. Raises ``Invalid``."""
        if self.correlation is None:
            return None
        if self.correlation not in CORRELATIONS:
            raise Invalid(
                f"electrolyte.correlation: {self.correlation!r} is not known; allowed: "
                f"{sorted(CORRELATIONS)}"
            )
        return CORRELATIONS[self.correlation]
