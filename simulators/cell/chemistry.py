"""A chemistry: the numbers of a parameter set that balancing, masses and the mapping need.

The built-in sets are tabulated from PyBaMM (``tabulate``), so that sizing a cell needs no PyBaMM;
a test compares every number with PyBaMM's own.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator

from experiments.errors import Invalid
from experiments.frozen import Frozen

FARADAY_C_PER_MOL: Final = 96485.33212
"""CODATA 2018, exact."""

POSITIVE_ACTIVE: Final[dict[str, str]] = {
    "Chen2020": "NMC811",
    "OKane2022": "NMC811",
    "Prada2013": "LFP",
}
"""Parameter sets this project has checked, with the positive's active material."""

SMALLEST_VISIBLE_RADIUS_M: Final = 2e-7
"""Particles of a set below it are crystals that no voxel shows (Prada2013's LFP: 50 nm); images of
electrodes resolve a few tenths of a micrometre. Assumed."""

AGEING_SETS: Final = ("OKane2022",)
"""Sets that hold what ageing needs."""

Array = npt.NDArray[np.float64]


class ElectrodeChemistry(Frozen):
    """One electrode of a parameter set, as published."""

    maximum_concentration_mol_per_m3: float = Field(gt=0)
    active_fraction: float = Field(gt=0, le=1)
    porosity: float = Field(gt=0, lt=1)
    thickness_m: float = Field(gt=1e-6, lt=1e-3)
    particle_radius_m: float = Field(gt=1e-9, lt=1e-4)
    bruggeman_exponent: float
    """Deff/D0 = porosity ** exponent."""
    solid_bruggeman_exponent: float
    conductivity_S_per_m: float = Field(gt=0)
    """Before the solid's Bruggeman exponent."""
    stoichiometries: tuple[float, ...] = Field(repr=False)
    potentials_V: tuple[float, ...] = Field(repr=False)
    """Open-circuit potential against lithium at 25 °C at each of ``stoichiometries``."""

    @property
    def total_capacity_Ah_per_m3(self) -> float:
        """Return the capacity of all sites per volume of active material."""
        return self.maximum_concentration_mol_per_m3 * FARADAY_C_PER_MOL / 3600.0

    def pore_transport(self, porosity: float) -> float:
        """Return Deff/D0 of this electrode's pores at a porosity."""
        return float(porosity**self.bruggeman_exponent)

    def effective_conductivity_S_per_m(self, porosity: float) -> float:
        """Return the electronic conductivity of this electrode's solid at a porosity."""
        return float(self.conductivity_S_per_m * (1.0 - porosity) ** self.solid_bruggeman_exponent)

    def active_fraction_at(self, porosity: float) -> float:
        """Return the active fraction at another porosity and the same solid composition."""
        return self.active_fraction * (1.0 - porosity) / (1.0 - self.porosity)


class Chemistry(Frozen):
    """Both electrodes, separator, electrolyte and voltage window of a parameter set."""

    name: str
    active_material: str | None
    """None where the source does not say it (BPX); the recipe then does."""
    negative: ElectrodeChemistry
    positive: ElectrodeChemistry
    separator_thickness_m: float = Field(gt=1e-6, lt=1e-3)
    separator_porosity: float = Field(gt=0, lt=1)
    separator_bruggeman_exponent: float
    minimum_voltage_V: float
    maximum_voltage_V: float
    formation_loss: float = Field(ge=0, lt=1)
    """Lithium lost in formation, relative to the sites of the positive (1 = all of it)."""
    electrolyte_concentration_mol_per_m3: float = Field(gt=0)

    @field_validator("maximum_voltage_V")
    @classmethod
    def _is_a_voltage(cls, value: float) -> float:
        if not 0.0 < value < 6.0:
            raise ValueError(f"{value:g} V is no cut-off voltage of a lithium-ion cell")
        return value

    @property
    def has_visible_particles(self) -> bool:
        """Say whether the particles lithium diffuses in are those that voxels resolve."""
        return self.positive.particle_radius_m >= SMALLEST_VISIBLE_RADIUS_M

    @property
    def separator_transport(self) -> float:
        """Return Deff/D0 of the separator."""
        return float(self.separator_porosity**self.separator_bruggeman_exponent)


class OpenCircuit:
    """Open-circuit potential of one electrode, linear between the tabulated samples."""

    def __init__(self, electrode: ElectrodeChemistry) -> None:
        self._stoichiometry: Array = np.asarray(electrode.stoichiometries, dtype=np.float64)
        self._potential_V: Array = np.asarray(electrode.potentials_V, dtype=np.float64)
        self.lowest = float(self._stoichiometry[0])
        self.highest = float(self._stoichiometry[-1])

    def __call__(self, stoichiometry: float) -> float:
        """Return the potential against lithium at one stoichiometry."""
        return float(np.interp(stoichiometry, self._stoichiometry, self._potential_V))

    def at(self, stoichiometry: Array) -> Array:
        """Return the potentials at an array of stoichiometries."""
        return np.interp(stoichiometry, self._stoichiometry, self._potential_V)


def require_parameter_set(name: str) -> None:
    """Raise ``Invalid`` where the parameter set is not one this project has checked."""
    if name not in POSITIVE_ACTIVE:
        raise Invalid(
            f"cell.parameter_set: {name!r} is not known; allowed: {sorted(POSITIVE_ACTIVE)}, or "
            "the path of a BPX file (.json)"
        )


def require_unchanged(name: str, sha256: str | None) -> None:
    """Raise ``Invalid`` where a BPX file is no longer the one a campaign was started with.

    What a process has read of a file stays in its caches, so the first hash seen is what counts.
    """
    if sha256 is not None and _sha256_when_first_read(name) != sha256:
        raise Invalid(
            f"cell.parameter_set: {name} changed since the campaign file was read, or since this "
            "process first read it; start again"
        )


@lru_cache(maxsize=16)
def _sha256_when_first_read(name: str) -> str:
    try:
        return hashlib.sha256(Path(name).read_bytes()).hexdigest()
    except OSError as error:
        raise Invalid(
            f"cell.parameter_set: {name} cannot be read: {error.strerror or error}"
        ) from error


@lru_cache(maxsize=16)
def load_chemistry(name: str) -> Chemistry:
    """Return the chemistry of a parameter set, read once per process.

    ``name`` is one of ``POSITIVE_ACTIVE`` or the path of a BPX file. Raises ``Invalid``.
    """
    if name.endswith(".json"):
        from simulators.cell.parameter_source import chemistry_of

        return chemistry_of(name)
    require_parameter_set(name)
    table = resources.files("simulators.cell") / "parameter_sets" / f"{name}.json"
    return Chemistry.model_validate(json.loads(table.read_text(encoding="utf-8")))


@lru_cache(maxsize=16)
def open_circuits(name: str) -> tuple[OpenCircuit, OpenCircuit]:
    """Return the open-circuit potentials (negative, positive) of a parameter set."""
    chemistry = load_chemistry(name)
    return OpenCircuit(chemistry.negative), OpenCircuit(chemistry.positive)
