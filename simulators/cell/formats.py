"""The cell formats by name, with the source of every dimension."""

from __future__ import annotations

from typing import Final

from experiments.errors import Invalid
from simulators.cell.coin import CoinFormat
from simulators.cell.cylindrical import CylindricalFormat
from simulators.cell.pouch import PouchFormat
from simulators.cell.whole_cell import CellFormat

FORMAT_4680: Final = CylindricalFormat(
    name="4680",
    diameter_m=46e-3,  # the format's name
    height_m=80e-3,  # the format's name
    wall_m=0.55e-3,  # quoted: 0.5 to 0.6 mm (compilation after Ank et al. 2023)
    ends_m=1.6e-3,  # assumed: 0.8 mm bottom and 0.8 mm lid
    roll_diameter_m=44.5e-3,  # quoted: compilation after Ank et al. 2023
    core_diameter_m=5.1e-3,  # derived: winds the published stack to the published 3.403 m
    positive_width_m=70e-3,  # quoted: compilation after Ank et al. 2023
    negative_width_m=72e-3,  # quoted: compilation after Ank et al. 2023
    separator_width_m=74e-3,  # assumed: 1 mm beyond the negative on each side
    overhang_m=0.136,  # quoted: 3.403 m negative less 3.267 m positive (same compilation)
    aluminium_m=12e-6,  # quoted: compilation after Ank et al. 2023
    copper_m=7e-6,  # quoted: compilation after Ank et al. 2023
    bare_foil_m=6e-3,  # assumed: the folded tabless edge
    fittings_kg=15e-3,  # assumed: aluminium terminal, two collector discs, seal
    contact_Ohm=0.3e-3,  # assumed: welds and terminals of a tabless cell
    n_tabs=None,
    excess_electrolyte=0.10,  # assumed
)
"""First-generation Tesla 4680. Ank et al. 2023, J. Electrochem. Soc. 170, 120536."""

FORMAT_21700: Final = CylindricalFormat(
    name="21700",
    diameter_m=21.1e-3,  # quoted: LG M50 data sheet, 21.1 mm
    height_m=70.15e-3,  # quoted: LG M50 data sheet, 70.15 mm
    wall_m=0.25e-3,  # assumed: drawn steel cans have 0.2 to 0.3 mm
    ends_m=0.6e-3,  # assumed: 0.3 mm bottom, the cap's 0.3 mm
    roll_diameter_m=20.2e-3,  # assumed: 0.2 mm clearance to the can
    core_diameter_m=4.0e-3,  # assumed: winding mandrel
    positive_width_m=65.0e-3,  # quoted: Chen et al. 2020, J. Electrochem. Soc. 167, 080534
    negative_width_m=66.0e-3,  # assumed: 0.5 mm beyond the positive on each side
    separator_width_m=67.5e-3,  # assumed
    overhang_m=0.04,  # assumed
    aluminium_m=16e-6,  # quoted: Chen et al. 2020
    copper_m=12e-6,  # quoted: Chen et al. 2020
    bare_foil_m=0.0,  # assumed: tabs are among the fittings
    fittings_kg=4.0e-3,  # assumed: cap with vent, tabs, insulators
    contact_Ohm=5e-3,  # assumed: cap, vent disc and welds
    n_tabs=1,  # assumed: one on each foil
    excess_electrolyte=0.10,  # assumed
)
"""LG M50 (Chen et al. 2020 measured electrodes and foils; the housing is assumed)."""

FORMAT_18650: Final = CylindricalFormat(
    name="18650",
    diameter_m=18.35e-3,  # quoted: usual data-sheet maximum 18.3 to 18.5 mm
    height_m=65.1e-3,  # quoted: usual data-sheet maximum 65.0 to 65.3 mm
    wall_m=0.22e-3,  # assumed: drawn steel cans have 0.2 to 0.25 mm
    ends_m=0.6e-3,  # assumed
    roll_diameter_m=17.6e-3,  # assumed: clearance to the can as in the 21700
    core_diameter_m=3.5e-3,  # assumed: winding mandrel
    positive_width_m=58.0e-3,  # assumed
    negative_width_m=59.0e-3,  # assumed
    separator_width_m=60.5e-3,  # assumed
    overhang_m=0.04,  # assumed
    aluminium_m=15e-6,  # assumed
    copper_m=10e-6,  # assumed
    bare_foil_m=0.0,  # assumed: tabs are among the fittings
    fittings_kg=3.5e-3,  # assumed: cap with vent, tabs, insulators
    contact_Ohm=6e-3,  # assumed: cap, vent disc and welds
    n_tabs=1,  # assumed
    excess_electrolyte=0.10,  # assumed
)
"""A generic 18650; every inner dimension is assumed."""

FORMAT_POUCH: Final = PouchFormat(
    name="pouch",
    positive_height_m=0.200,  # assumed, as all below: a generic automotive pouch
    positive_width_m=0.100,
    overhang_m=1e-3,
    stack_thickness_m=10e-3,
    seam_m=5e-3,
    laminate_m=150e-6,
    laminate_density_kg_per_m3=1500.0,  # assumed: nylon, 40 µm aluminium and polypropylene
    aluminium_m=12e-6,
    copper_m=8e-6,
    tabs_kg=4e-3,
    contact_Ohm=0.3e-3,
    excess_electrolyte=0.10,
)

FORMAT_SINGLE_LAYER: Final = PouchFormat(
    name="single-layer-pouch",
    positive_height_m=0.050,  # assumed, as all below: a laboratory cell
    positive_width_m=0.050,
    overhang_m=1e-3,
    stack_thickness_m=None,
    seam_m=10e-3,
    laminate_m=110e-6,
    laminate_density_kg_per_m3=1500.0,
    aluminium_m=16e-6,
    copper_m=10e-6,
    tabs_kg=1e-3,
    contact_Ohm=20e-3,
    excess_electrolyte=1.0,  # assumed: laboratory cells are flooded
)

FORMAT_COIN: Final = CoinFormat(
    name="coin",
    diameter_m=20.0e-3,  # the name CR2032: 20 mm by 3.2 mm
    height_m=3.2e-3,
    positive_diameter_m=14.0e-3,  # assumed: a common punch
    negative_diameter_m=15.0e-3,  # assumed
    separator_diameter_m=19.0e-3,  # assumed
    aluminium_m=16e-6,  # assumed
    copper_m=10e-6,  # assumed
    housing_kg=3.0e-3,  # assumed: case, cap, gasket, 0.5 mm spacer and wave spring
    contact_Ohm=1.0,  # assumed: pressed contacts
    electrolyte_m3=80e-9,  # assumed: 80 µL
)

FORMATS: Final[dict[str, CellFormat]] = {
    form.name: form
    for form in (
        FORMAT_4680,
        FORMAT_21700,
        FORMAT_18650,
        FORMAT_POUCH,
        FORMAT_SINGLE_LAYER,
        FORMAT_COIN,
    )
}


def cell_format(name: str) -> CellFormat:
    """Return the format of that name. Raises ``Invalid``."""
    if name not in FORMATS:
        raise Invalid(f"cell.format: {name!r} is not known; allowed: {sorted(FORMATS)}")
    return FORMATS[name]
