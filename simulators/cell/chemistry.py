"""A chemistry: the numbers of a PyBaMM parameter set that balancing and cell masses need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from experiments.errors import Invalid

FARADAY_C_PER_MOL: Final = 96485.33212
"""CODATA 2018, exact."""

POSITIVE_ACTIVE: Final[dict[str, str]] = {
    "Chen2020": "NMC811",
    "OKane2022": "NMC811",
    "Prada2013": "LFP",
}
"""Parameter sets this project has checked, with the positive's active material."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ElectrodeChemistry:
    """One electrode of a parameter set, as published."""

    maximum_concentration_mol_per_m3: float
    active_fraction: float
    porosity: float
    thickness_m: float
    particle_radius_m: float
    pore_transport: float
    """Deff/D0 by the set's Bruggeman exponent at the set's porosity."""
    bruggeman_exponent: float
    bruggeman_exponent_solid: float
    effective_conductivity_S_per_m: float
    stoichiometry: Array
    potential_V: Array
    """Open-circuit potential against lithium at ``stoichiometry``, at 25 °C."""

    @property
    def total_capacity_Ah_per_m3(self) -> float:
        """Return the capacity of all sites per volume of active material."""
        return self.maximum_concentration_mol_per_m3 * FARADAY_C_PER_MOL / 3600.0

    def open_circuit_potential_V(self, stoichiometry: float) -> float:
        """Return the potential against lithium, linear between the samples."""
        return float(np.interp(stoichiometry, self.stoichiometry, self.potential_V))


@dataclass(frozen=True)
class Chemistry:
    """Both electrodes, separator, electrolyte and voltage window of a parameter set."""

    name: str
    active_material: str
    negative: ElectrodeChemistry
    positive: ElectrodeChemistry
    separator_thickness_m: float
    separator_porosity: float
    separator_transport: float
    minimum_voltage_V: float
    maximum_voltage_V: float
    formation_loss: float
    """Lithium lost in formation, relative to the sites of the positive (1 = all of it)."""
    electrolyte_concentration_mol_per_m3: float


def require_parameter_set(name: str) -> None:
    """Raise ``Invalid`` where the parameter set is not one this project has checked."""
    if name not in POSITIVE_ACTIVE:
        raise Invalid(
            f"cell.parameter_set: {name!r} is not known; allowed: {sorted(POSITIVE_ACTIVE)}"
        )


@lru_cache(maxsize=8)
def load_chemistry(name: str) -> Chemistry:
    """Return the chemistry of a parameter set, read from PyBaMM once per process.

    Formation loss = 1 − (lithium in both electrodes of the set) / (sites of the positive): the
    positive is synthesised full of lithium, and what the set's aged-in cell no longer has was lost
    in formation. Raises ``Invalid`` for an unknown name.
    """
    require_parameter_set(name)
    import pybamm

    values = pybamm.ParameterValues(name)
    electrodes = {side: _electrode(values, side) for side in ("Negative", "Positive")}
    sites_mol_per_m2 = {
        side: e.active_fraction * e.thickness_m * e.maximum_concentration_mol_per_m3
        for side, e in electrodes.items()
    }
    lithium_mol_per_m2 = sum(
        float(values[f"Initial concentration in {side.lower()} electrode [mol.m-3]"])
        * e.active_fraction
        * e.thickness_m
        for side, e in electrodes.items()
    )
    separator_porosity = float(values["Separator porosity"])
    return Chemistry(
        name=name,
        active_material=POSITIVE_ACTIVE[name],
        negative=electrodes["Negative"],
        positive=electrodes["Positive"],
        separator_thickness_m=float(values["Separator thickness [m]"]),
        separator_porosity=separator_porosity,
        separator_transport=separator_porosity
        ** float(values["Separator Bruggeman coefficient (electrolyte)"]),
        minimum_voltage_V=float(values["Lower voltage cut-off [V]"]),
        maximum_voltage_V=float(values["Upper voltage cut-off [V]"]),
        formation_loss=1.0 - lithium_mol_per_m2 / sites_mol_per_m2["Positive"],
        electrolyte_concentration_mol_per_m3=float(
            values["Initial concentration in electrolyte [mol.m-3]"]
        ),
    )


def _electrode(values: object, side: str) -> ElectrodeChemistry:
    """Read one electrode; ``values`` are PyBaMM's parameter values."""
    import pybamm

    assert isinstance(values, pybamm.ParameterValues)
    porosity = float(values[f"{side} electrode porosity"])
    exponent = float(values[f"{side} electrode Bruggeman coefficient (electrolyte)"])
    conductivity = float(values[f"{side} electrode conductivity [S.m-1]"])
    solid_exponent = float(values[f"{side} electrode Bruggeman coefficient (electrode)"])
    stoichiometry = np.linspace(1e-4, 1.0 - 1e-4, 9999)
    domain = pybamm.LithiumIonParameters().domain_params[side.lower()]
    potential = values.process_symbol(
        domain.prim.U(pybamm.Vector(stoichiometry), pybamm.Scalar(298.15))
    ).evaluate()
    return ElectrodeChemistry(
        maximum_concentration_mol_per_m3=float(
            values[f"Maximum concentration in {side.lower()} electrode [mol.m-3]"]
        ),
        active_fraction=float(values[f"{side} electrode active material volume fraction"]),
        porosity=porosity,
        thickness_m=float(values[f"{side} electrode thickness [m]"]),
        particle_radius_m=float(values[f"{side} particle radius [m]"]),
        pore_transport=porosity**exponent,
        bruggeman_exponent=exponent,
        bruggeman_exponent_solid=solid_exponent,
        effective_conductivity_S_per_m=conductivity * (1.0 - porosity) ** solid_exponent,
        stoichiometry=stoichiometry,
        potential_V=np.asarray(potential, dtype=np.float64).reshape(-1),
    )
