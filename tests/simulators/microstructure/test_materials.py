"""X-ray densities follow from the unit cells their sources name."""

import math

import pytest

from simulators.microstructure import materials

AVOGADRO_PER_MOL = 6.02214076e23


def density_kg_per_m3(n: int, molar_mass_g_per_mol: float, cell_A3: float) -> float:
    return n * molar_mass_g_per_mol * 1e-3 / AVOGADRO_PER_MOL / (cell_A3 * 1e-30)


def hexagonal_A3(a: float, c: float) -> float:
    return math.sin(math.pi / 3) * a * a * c


@pytest.mark.parametrize(
    ("material", "expected"),
    [
        (materials.NMC811, density_kg_per_m3(3, 97.28, hexagonal_A3(2.872, 14.19))),
        (materials.LNO, density_kg_per_m3(3, 97.63, hexagonal_A3(2.878, 14.19))),
        (materials.LFP, density_kg_per_m3(4, 157.76, 10.33 * 6.01 * 4.69)),
        (materials.GRAPHITE, density_kg_per_m3(4, 12.011, hexagonal_A3(2.461, 6.708))),
        (materials.SILICON, density_kg_per_m3(8, 28.086, 5.431**3)),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_densities_follow_from_the_unit_cell(material, expected):
    assert material.density_kg_per_m3 == pytest.approx(expected, rel=5e-3)
