from __future__ import annotations

import pytest

from agents.image_recipe import image_recipe
from experiments.baseline import ImageBaseline
from experiments.errors import Invalid
from experiments.microstructure import Microstructure
from simulators.microstructure.composition import compose
from tests.agents.tiny_campaign import tiny_campaign

FRACTIONS = {"pore": 0.25, "active": 0.60, "binder": 0.15}


def record(**fractions: float) -> Microstructure:
    return Microstructure(
        shape=(8, 8, 8),
        voxel_size_m=(4e-7,) * 3,
        volume_fraction=fractions or FRACTIONS,
        generator="image",
        generator_version="0" * 64,
        seed=None,
    )


def baseline(**changes: object) -> ImageBaseline:
    return ImageBaseline.model_validate(
        {
            "image": "/cathode.tif",
            "image_sha256": "0" * 64,
            "voxel_size_um": 0.4,
            "thickness_um": 75,
            "particle_d50_um": 9,
            **changes,
        }
    )


def test_the_recipes_coating_has_the_images_fractions_again() -> None:
    recipe = image_recipe(tiny_campaign(), baseline(), record(), None)
    found = compose(recipe.positive).phase_fraction
    assert {name: found[name] for name in FRACTIONS} == pytest.approx(FRACTIONS, abs=1e-9)
    assert recipe.positive.thickness_m == pytest.approx(75e-6)
    assert recipe.positive.particle_d50_m == pytest.approx(9e-6)


def test_without_a_particle_size_measured_or_given_there_is_no_recipe() -> None:
    with pytest.raises(Invalid, match="give particle_d50_um"):
        image_recipe(tiny_campaign(), baseline(particle_d50_um=None), record(), None)


def test_a_second_active_material_is_refused() -> None:
    two = record(pore=0.3, active=0.4, binder=0.1, second_active=0.2)
    with pytest.raises(Invalid, match="second active"):
        image_recipe(tiny_campaign(), baseline(), two, None)
