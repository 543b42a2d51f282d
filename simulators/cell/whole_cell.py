"""The repeating stack of a cell and the whole cell made of it: area, masses, volume, resistance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

ELECTROLYTE_DENSITY_KG_PER_M3: Final = 1210.0
"""1 mol/L LiPF6 in EC:EMC 3:7, 25 °C. Assumed: data sheets of such mixtures give 1.19 to 1.22."""
SEPARATOR_SOLID_DENSITY_KG_PER_M3: Final = 950.0
"""Polyethylene. Assumed: high-density grades lie between 0.94 and 0.96 g/cm³."""
ALUMINIUM_DENSITY_KG_PER_M3: Final = 2700.0
COPPER_DENSITY_KG_PER_M3: Final = 8960.0
STEEL_DENSITY_KG_PER_M3: Final = 7850.0
"""Densities of the pure metals and of carbon steel: handbook values, quoted."""
ALUMINIUM_RESISTIVITY_OHM_M: Final = 2.65e-8
COPPER_RESISTIVITY_OHM_M: Final = 1.68e-8
"""Resistivities at 20 °C: handbook values, quoted."""


SPECIFIC_HEAT_J_PER_KG_K: Final = 1000.0
"""Whole cells. Assumed: calorimetry of lithium-ion cells gives 0.85 to 1.1 kJ/(kg K)."""


@dataclass(frozen=True)
class Coating:
    """One coated side, as the whole cell sees it."""

    thickness_m: float
    porosity: float
    dry_density_kg_per_m3: float

    @property
    def areal_mass_kg_per_m2(self) -> float:
        """Return the dry mass of one coated side."""
        return self.thickness_m * self.dry_density_kg_per_m3

    @property
    def pore_depth_m(self) -> float:
        """Return the pore volume per area of one coated side."""
        return self.thickness_m * self.porosity


@dataclass(frozen=True)
class Stack:
    """What repeats in a cell: both coatings and the separator between them."""

    positive: Coating
    negative: Coating
    separator_thickness_m: float
    separator_porosity: float

    @property
    def separator_density_kg_per_m3(self) -> float:
        """Return the dry density of the porous film."""
        return SEPARATOR_SOLID_DENSITY_KG_PER_M3 * (1.0 - self.separator_porosity)


@dataclass(frozen=True)
class WholeCell:
    """One finished cell."""

    coated_area_m2: float
    """Positive coating that faces a negative, all sides counted."""
    volume_m3: float
    surface_m2: float
    """Outer surface, all of it cooled."""
    masses_kg: dict[str, float]
    series_resistance_Ohm: float
    """Foils, tabs and terminals."""
    dimensions_m: dict[str, float]
    """What the design fixed: electrode lengths, number of layers."""

    @property
    def mass_kg(self) -> float:
        """Return the mass of the whole cell."""
        return sum(self.masses_kg.values())

    @property
    def heat_capacity_J_per_K(self) -> float:
        """Return the heat capacity of the whole cell."""
        return self.mass_kg * SPECIFIC_HEAT_J_PER_KG_K


class CellFormat(Protocol):
    """A housing that a stack is put into."""

    @property
    def name(self) -> str:
        """Return the name campaign files use."""

    def assemble(self, stack: Stack) -> WholeCell:
        """Return the cell this format gives with a stack. Raises ``DesignFailed``."""
