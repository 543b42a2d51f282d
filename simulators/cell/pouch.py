"""A stacked pouch cell: how many layers fit its thickness, or a stated number of them."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.errors import DesignFailed
from experiments.observation import FailureKind
from simulators.cell.whole_cell import (
    ALUMINIUM_DENSITY_KG_PER_M3,
    ALUMINIUM_RESISTIVITY_OHM_M,
    COPPER_DENSITY_KG_PER_M3,
    COPPER_RESISTIVITY_OHM_M,
    ELECTROLYTE_DENSITY_KG_PER_M3,
    Stack,
    WholeCell,
)


@dataclass(frozen=True)
class PouchFormat:
    """Dimensions of a pouch cell; sources beside the values in ``formats``."""

    name: str
    positive_height_m: float
    """Along the current in the foil, tab to far edge."""
    positive_width_m: float
    overhang_m: float
    """By which the negative is larger than the positive, on every edge."""
    stack_thickness_m: float | None
    """Room for the layers; None for a single layer coated on one side (a laboratory cell)."""
    seam_m: float
    """Width of the sealed rim around the stack."""
    laminate_m: float
    laminate_density_kg_per_m3: float
    aluminium_m: float
    copper_m: float
    tabs_kg: float
    contact_Ohm: float
    excess_electrolyte: float

    def assemble(self, stack: Stack) -> WholeCell:
        """Return the cell with as many double-sided layers as fit; the outermost are negatives.

        Raises ``DesignFailed`` where not one layer fits.
        """
        positive, negative = stack.positive, stack.negative
        sides, n_positive, n_negative = self._layers(stack)
        area_m2 = self.positive_height_m * self.positive_width_m
        negative_area_m2 = (self.positive_height_m + 2.0 * self.overhang_m) * (
            self.positive_width_m + 2.0 * self.overhang_m
        )
        separator_area_m2 = sides * negative_area_m2
        coated_m2 = sides * area_m2
        negative_sides = sides if self.stack_thickness_m is None else 2 * n_negative
        pores_m3 = (
            coated_m2 * positive.pore_depth_m
            + negative_sides * negative_area_m2 * negative.pore_depth_m
            + separator_area_m2 * stack.separator_thickness_m * stack.separator_porosity
        )
        thickness_m = (
            coated_m2 / area_m2 * positive.thickness_m
            + negative_sides * negative.thickness_m
            + sides * stack.separator_thickness_m
            + n_positive * self.aluminium_m
            + n_negative * self.copper_m
            + 2.0 * self.laminate_m
        )
        outline_m2 = (self.positive_height_m + 2.0 * (self.overhang_m + self.seam_m)) * (
            self.positive_width_m + 2.0 * (self.overhang_m + self.seam_m)
        )
        foil_Ohm = (
            ALUMINIUM_RESISTIVITY_OHM_M / (self.aluminium_m * n_positive)
            + COPPER_RESISTIVITY_OHM_M / (self.copper_m * n_negative)
        ) * (self.positive_height_m / self.positive_width_m / 3.0)
        return WholeCell(
            coated_area_m2=coated_m2,
            volume_m3=outline_m2 * thickness_m,
            surface_m2=2.0 * outline_m2,
            masses_kg={
                "positive coating": coated_m2 * positive.areal_mass_kg_per_m2,
                "negative coating": negative_sides
                * negative_area_m2
                * negative.areal_mass_kg_per_m2,
                "aluminium foil": n_positive
                * area_m2
                * self.aluminium_m
                * ALUMINIUM_DENSITY_KG_PER_M3,
                "copper foil": n_negative
                * negative_area_m2
                * self.copper_m
                * COPPER_DENSITY_KG_PER_M3,
                "separator": separator_area_m2
                * stack.separator_thickness_m
                * stack.separator_density_kg_per_m3,
                "electrolyte": pores_m3
                * (1.0 + self.excess_electrolyte)
                * ELECTROLYTE_DENSITY_KG_PER_M3,
                "laminate": 2.0 * outline_m2 * self.laminate_m * self.laminate_density_kg_per_m3,
                "tabs": self.tabs_kg,
            },
            series_resistance_Ohm=self.contact_Ohm + foil_Ohm,
            dimensions_m={"stack thickness": thickness_m, "layers": float(n_positive)},
        )

    def _layers(self, stack: Stack) -> tuple[int, int, int]:
        """Return facing sides, positive foils and negative foils."""
        if self.stack_thickness_m is None:
            return 1, 1, 1
        repeat_m = (
            2.0
            * (
                stack.positive.thickness_m
                + stack.negative.thickness_m
                + stack.separator_thickness_m
            )
            + self.aluminium_m
            + self.copper_m
        )
        closing_m = 2.0 * stack.negative.thickness_m + self.copper_m
        n_positive = int((self.stack_thickness_m - closing_m) / repeat_m)
        if n_positive < 1:
            raise DesignFailed(
                f"no layer of {repeat_m * 1e6:.0f} µm fits into the {self.name}'s "
                f"{self.stack_thickness_m * 1e3:g} mm; make the electrodes thinner",
                kind=FailureKind.infeasible_recipe,
                repeat_thickness_m=repeat_m,
            )
        return 2 * n_positive, n_positive, n_positive + 1
