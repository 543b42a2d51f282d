"""What the powders and the binder are made of: densities and reversible capacities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from experiments.errors import Invalid


@dataclass(frozen=True)
class Material:
    """One component of a dry coating."""

    name: str
    density_kg_per_m3: float
    source: str
    """Where the density is from: measured, quoted or assumed."""
    capacity_Ah_per_kg: float | None = None
    """Reversible C/20 capacity of an active material (numerically mAh/g)."""
    capacity_source: str = ""


@dataclass(frozen=True)
class CoatingMaterials:
    """The components of one coating."""

    active: Material
    binder: Material
    carbon: Material
    second_active: Material | None = None


NMC811: Final = Material(
    name="NMC811",
    density_kg_per_m3=4780.0,
    source="X-ray density of LiNi0.8Mn0.1Co0.1O2, 3 formula units of 97.28 g/mol in a hexagonal "
    "cell with a = 2.872 Å, c = 14.19 Å (lattice rounded; assumed free of inner pores)",
    capacity_Ah_per_kg=195.0,
    capacity_source="assumed: 190 to 200 mAh/g is usual at C/20 to 4.2 V against graphite",
)
LNO: Final = Material(
    name="LNO",
    density_kg_per_m3=4780.0,
    source="X-ray density of LiNiO2, 3 formula units of 97.63 g/mol in a hexagonal cell with "
    "a = 2.878 Å, c = 14.19 Å (lattice rounded; assumed free of inner pores)",
    capacity_Ah_per_kg=220.0,
    capacity_source="assumed: 210 to 230 mAh/g is usual at C/20",
)
LFP: Final = Material(
    name="LFP",
    density_kg_per_m3=3600.0,
    source="X-ray density of LiFePO4, 4 formula units of 157.76 g/mol in an orthorhombic cell with "
    "a, b, c = 10.33, 6.01, 4.69 Å (lattice rounded)",
    capacity_Ah_per_kg=160.0,
    capacity_source="assumed: 155 to 165 mAh/g is usual at C/20",
)
GRAPHITE: Final = Material(
    name="graphite",
    density_kg_per_m3=2260.0,
    source="X-ray density of graphite, 4 atoms in a hexagonal cell with a = 2.461 Å, c = 6.708 Å",
    capacity_Ah_per_kg=355.0,
    capacity_source="assumed: 350 to 360 mAh/g of the theoretical 372 mAh/g is usual at C/20",
)
SILICON: Final = Material(
    name="silicon",
    density_kg_per_m3=2330.0,
    source="X-ray density of silicon, 8 atoms in a cubic cell with a = 5.431 Å",
    capacity_Ah_per_kg=3000.0,
    capacity_source="assumed: part of the theoretical 3579 mAh/g of Li15Si4",
)
PVDF: Final = Material(
    name="PVdF",
    density_kg_per_m3=1780.0,
    source="quoted: data sheets of PVdF homopolymers give 1.76 to 1.79 g/cm³",
)
CMC_SBR: Final = Material(
    name="CMC-SBR",
    density_kg_per_m3=1220.0,
    source="assumed: equal masses of CMC (1.6 g/cm³) and SBR (0.99 g/cm³)",
)
CARBON_BLACK: Final = Material(
    name="carbon black",
    density_kg_per_m3=1950.0,
    source="assumed: conductive blacks lie between 1.8 and 2.1 g/cm³",
)

_POSITIVE: Final = {material.name: material for material in (NMC811, LNO, LFP)}
_NEGATIVE: Final = {material.name: material for material in (GRAPHITE,)}

COATINGS: Final[Mapping[str, CoatingMaterials]] = {
    **{
        name: CoatingMaterials(active=active, binder=PVDF, carbon=CARBON_BLACK)
        for name, active in _POSITIVE.items()
    },
    **{
        name: CoatingMaterials(
            active=active, binder=CMC_SBR, carbon=CARBON_BLACK, second_active=SILICON
        )
        for name, active in _NEGATIVE.items()
    },
}
"""Components by the name of the active material."""


def coating_materials(active_material: str) -> CoatingMaterials:
    """Return the components that go with an active material. Raises ``Invalid``."""
    if active_material not in COATINGS:
        raise Invalid(
            f"active_material: {active_material!r} is not known; allowed: {sorted(COATINGS)}"
        )
    return COATINGS[active_material]
