"""What was measured on a coating stands for what was asked, and what is absurd is a question."""

from __future__ import annotations

import pytest

from controller.as_built import as_built_recipe, deviations, loading_of, odd_measurements
from experiments.build_status import AsBuilt
from tests.instruments.a_build import recipe_of, request_of

ASKED = recipe_of(porosity=0.32, thickness_m=75e-6)
MADE = recipe_of(porosity=0.35, thickness_m=78e-6)
LOADING = loading_of(MADE)


def test_what_nobody_measured_stays_as_asked() -> None:
    assert as_built_recipe(ASKED, AsBuilt()) == ASKED
    assert deviations(ASKED, AsBuilt()) == ()


@pytest.mark.parametrize(
    "built",
    [
        AsBuilt(thickness_m=78e-6, porosity=0.35),
        AsBuilt(thickness_m=78e-6, loading_kg_per_m2=LOADING),
        AsBuilt(porosity=0.35, loading_kg_per_m2=LOADING),
        AsBuilt(thickness_m=78e-6, porosity=0.35, loading_kg_per_m2=LOADING),
    ],
)
def test_any_two_of_thickness_loading_and_porosity_give_the_coating(built) -> None:
    found = as_built_recipe(ASKED, built)
    assert found.positive.thickness_m == pytest.approx(78e-6)
    assert found.positive.porosity == pytest.approx(0.35)
    assert loading_of(found) == pytest.approx(LOADING)


def test_a_loading_alone_is_a_thickness_at_the_porosity_asked() -> None:
    found = as_built_recipe(ASKED, AsBuilt(loading_kg_per_m2=1.1 * loading_of(ASKED)))
    assert found.positive.thickness_m == pytest.approx(1.1 * 75e-6)
    assert found.positive.porosity == 0.32
    (text,) = deviations(ASKED, AsBuilt(loading_kg_per_m2=1.1 * loading_of(ASKED)))
    assert text == "thickness 82.5 µm (asked 75.0, by its loading)"


def test_a_loading_at_odds_with_thickness_and_porosity_is_said() -> None:
    built = AsBuilt(thickness_m=78e-6, porosity=0.35, loading_kg_per_m2=1.2 * LOADING)
    assert "thickness and porosity make" in deviations(ASKED, built)[-1]
    plain = AsBuilt(thickness_m=78e-6, porosity=0.35, loading_kg_per_m2=1.02 * LOADING)
    assert not any("loading" in text for text in deviations(ASKED, plain))


@pytest.mark.parametrize(
    ("built", "word"),
    [
        (AsBuilt(thickness_m=750e-6), "thickness 750 µm as built, asked 75 µm"),
        (AsBuilt(porosity=0.05), "porosity 5 % as built, asked 32 %"),
        (AsBuilt(loading_kg_per_m2=10 * LOADING), "loading"),
        (AsBuilt(thickness_m=60e-6, loading_kg_per_m2=1.1 * loading_of(ASKED)), "a porosity of"),
        (AsBuilt(thickness_m=50e-6, loading_kg_per_m2=1.4 * loading_of(ASKED)), "no coating"),
    ],
)
def test_what_is_hardly_believable_is_named_with_what_was_asked(built, word) -> None:
    (text,) = odd_measurements(request_of(recipe=ASKED), built)
    assert word in text


def test_what_a_line_does_every_day_is_believed() -> None:
    built = AsBuilt(thickness_m=78e-6, porosity=0.35, loading_kg_per_m2=LOADING)
    assert list(odd_measurements(request_of(recipe=ASKED), built)) == []
