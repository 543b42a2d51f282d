"""The cell formats by name, with the source of every dimension."""

from __future__ import annotations

from typing import Final

from experiments.errors import Invalid
from simulators.cell.cylindrical import CylindricalFormat
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

FORMATS: Final[dict[str, CellFormat]] = {FORMAT_4680.name: FORMAT_4680}


def cell_format(name: str) -> CellFormat:
    """Return the format of that name. Raises ``Invalid``."""
    if name not in FORMATS:
        raise Invalid(f"cell.format: {name!r} is not known; allowed: {sorted(FORMATS)}")
    return FORMATS[name]
