"""A coin cell with one punched disc of each electrode: a laboratory cell, mostly steel."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulators.cell.whole_cell import (
    ALUMINIUM_DENSITY_KG_PER_M3,
    COPPER_DENSITY_KG_PER_M3,
    ELECTROLYTE_DENSITY_KG_PER_M3,
    Stack,
    WholeCell,
)


@dataclass(frozen=True)
class CoinFormat:
    """Dimensions of a coin cell; sources beside the values in ``formats``."""

    name: str
    diameter_m: float
    height_m: float
    positive_diameter_m: float
    negative_diameter_m: float
    separator_diameter_m: float
    aluminium_m: float
    copper_m: float
    housing_kg: float
    """Case, cap, gasket, spacer and spring."""
    contact_Ohm: float
    electrolyte_m3: float
    """Flooded: a fixed volume, whatever the electrodes."""

    def assemble(self, stack: Stack) -> WholeCell:
        """Return the cell with one positive disc, coated on one side."""
        positive_m2, negative_m2, separator_m2 = (
            math.pi / 4.0 * diameter_m**2
            for diameter_m in (
                self.positive_diameter_m,
                self.negative_diameter_m,
                self.separator_diameter_m,
            )
        )
        return WholeCell(
            coated_area_m2=positive_m2,
            volume_m3=math.pi / 4.0 * self.diameter_m**2 * self.height_m,
            surface_m2=math.pi * self.diameter_m * (self.height_m + self.diameter_m / 2.0),
            masses_kg={
                "positive coating": positive_m2 * stack.positive.areal_mass_kg_per_m2,
                "negative coating": negative_m2 * stack.negative.areal_mass_kg_per_m2,
                "aluminium foil": positive_m2 * self.aluminium_m * ALUMINIUM_DENSITY_KG_PER_M3,
                "copper foil": negative_m2 * self.copper_m * COPPER_DENSITY_KG_PER_M3,
                "separator": separator_m2
                * stack.separator_thickness_m
                * stack.separator_density_kg_per_m3,
                "electrolyte": self.electrolyte_m3 * ELECTROLYTE_DENSITY_KG_PER_M3,
                "housing": self.housing_kg,
            },
            series_resistance_Ohm=self.contact_Ohm,
            dimensions_m={"positive diameter": self.positive_diameter_m},
        )
