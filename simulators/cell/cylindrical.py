"""A wound cylindrical cell: electrode length by winding, and the masses of its parts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from experiments.errors import DesignFailed
from experiments.observation import FailureKind
from simulators.cell.whole_cell import (
    ALUMINIUM_DENSITY_KG_PER_M3,
    ALUMINIUM_RESISTIVITY_OHM_M,
    COPPER_DENSITY_KG_PER_M3,
    COPPER_RESISTIVITY_OHM_M,
    ELECTROLYTE_DENSITY_KG_PER_M3,
    STEEL_DENSITY_KG_PER_M3,
    Stack,
    WholeCell,
)


@dataclass(frozen=True)
class CylindricalFormat:
    """Dimensions of a wound cell; sources beside the values in ``formats``."""

    name: str
    diameter_m: float
    height_m: float
    wall_m: float
    """Thickness of the steel can's side."""
    ends_m: float
    """Thickness of bottom and lid together, as steel."""
    roll_diameter_m: float
    core_diameter_m: float
    """Hollow middle of the roll."""
    positive_width_m: float
    """Coated width along the cell's axis."""
    negative_width_m: float
    separator_width_m: float
    overhang_m: float
    """Length by which the negative outlasts the positive, both ends together."""
    aluminium_m: float
    copper_m: float
    bare_foil_m: float
    """Uncoated width of each foil: the tabless edge, or what tabs weigh as foil width."""
    fittings_kg: float
    """Terminal, collector discs, seal, vent and insulators."""
    contact_Ohm: float
    """Welds and terminals."""
    n_tabs: int | None
    """Tabs on each foil; None where the whole edge is joined (tabless)."""
    excess_electrolyte: float
    """Electrolyte beyond what fills the pores, relative to the pore volume."""

    def assemble(self, stack: Stack) -> WholeCell:
        """Return the cell whose roll fills the can; both foils are coated on both sides.

        The stack winds to an Archimedean spiral: length × stack thickness = the roll's
        cross-section. Raises ``DesignFailed`` where not even three turns fit.
        """
        positive, negative = stack.positive, stack.negative
        repeat_m = (
            2.0 * (positive.thickness_m + negative.thickness_m + stack.separator_thickness_m)
            + self.aluminium_m
            + self.copper_m
        )
        section_m2 = math.pi / 4.0 * (self.roll_diameter_m**2 - self.core_diameter_m**2)
        negative_length_m = section_m2 / repeat_m
        positive_length_m = negative_length_m - self.overhang_m
        if positive_length_m < 3.0 * math.pi * self.roll_diameter_m:
            raise DesignFailed(
                f"a stack of {repeat_m * 1e6:.0f} µm winds to {negative_length_m:.2f} m in a "
                f"{self.name}: fewer than three turns; make the electrodes thinner",
                kind=FailureKind.infeasible_recipe,
                stack_thickness_m=repeat_m,
            )
        area_m2 = 2.0 * positive_length_m * self.positive_width_m
        negative_area_m2 = 2.0 * negative_length_m * self.negative_width_m
        separator_area_m2 = (
            2.0 * (negative_length_m + math.pi * self.roll_diameter_m) * self.separator_width_m
        )
        pores_m3 = (
            area_m2 * positive.pore_depth_m
            + negative_area_m2 * negative.pore_depth_m
            + separator_area_m2 * stack.separator_thickness_m * stack.separator_porosity
        )
        return WholeCell(
            coated_area_m2=area_m2,
            volume_m3=math.pi / 4.0 * self.diameter_m**2 * self.height_m,
            surface_m2=math.pi * self.diameter_m * (self.height_m + self.diameter_m / 2.0),
            masses_kg={
                "positive coating": area_m2 * positive.areal_mass_kg_per_m2,
                "negative coating": negative_area_m2 * negative.areal_mass_kg_per_m2,
                "aluminium foil": positive_length_m
                * (self.positive_width_m + self.bare_foil_m)
                * self.aluminium_m
                * ALUMINIUM_DENSITY_KG_PER_M3,
                "copper foil": negative_length_m
                * (self.negative_width_m + self.bare_foil_m)
                * self.copper_m
                * COPPER_DENSITY_KG_PER_M3,
                "separator": separator_area_m2
                * stack.separator_thickness_m
                * stack.separator_density_kg_per_m3,
                "electrolyte": pores_m3
                * (1.0 + self.excess_electrolyte)
                * ELECTROLYTE_DENSITY_KG_PER_M3,
                "can": self._can_kg(),
                "fittings": self.fittings_kg,
            },
            series_resistance_Ohm=self.contact_Ohm
            + self._foil_Ohm(positive_length_m, ALUMINIUM_RESISTIVITY_OHM_M, self.aluminium_m)
            + self._foil_Ohm(negative_length_m, COPPER_RESISTIVITY_OHM_M, self.copper_m),
            dimensions_m={
                "positive length": positive_length_m,
                "negative length": negative_length_m,
                "stack thickness": repeat_m,
            },
        )

    def _can_kg(self) -> float:
        side_m3 = math.pi * (self.diameter_m - self.wall_m) * self.wall_m * self.height_m
        ends_m3 = math.pi / 4.0 * self.diameter_m**2 * self.ends_m
        return (side_m3 + ends_m3) * STEEL_DENSITY_KG_PER_M3

    def _foil_Ohm(self, length_m: float, resistivity_Ohm_m: float, foil_m: float) -> float:
        """Return the loss of a foil that gives its current evenly: a third of its end-to-end value.

        Tabless: current runs along the width. With n evenly spaced tabs it runs along the length,
        and each tab drains 1/n of the foil from both sides.
        """
        if self.n_tabs is None:
            return resistivity_Ohm_m * self.positive_width_m / (foil_m * length_m) / 3.0
        reach_m = length_m / (2.0 * self.n_tabs)
        one_side = resistivity_Ohm_m * reach_m / (foil_m * self.positive_width_m) / 3.0
        return one_side / (2.0 * self.n_tabs)
