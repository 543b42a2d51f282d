"""What a person leaves open is filled in and said; what makes no sense is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.asked_design import asked_design, baseline_design_of, read_value
from controller.campaign_file import load_campaign, parse_campaign
from experiments.errors import Invalid

LOADED = load_campaign("quickstart")
CAMPAIGN = LOADED.campaign
MIXTURE = parse_campaign(
    LOADED.text.replace(
        "active_wt_pct: {min: 92, max: 97}",
        "mixture: {sum: 100, active_wt_pct: {min: 92, max: 97}, binder_wt_pct: {min: 1, max: 5},"
        " carbon_wt_pct: {min: 1, max: 5}}",
    ),
    "x.yaml",
    Path.cwd(),
)


def test_values_not_named_come_from_the_baseline_and_it_says_so() -> None:
    base = baseline_design_of(CAMPAIGN)
    asked = asked_design(CAMPAIGN, {"positive.porosity": 0.3}, base, "the baseline")
    assert asked.design.values == {
        "positive.active_wt_pct": 94.0,
        "positive.porosity": 0.3,
        "positive.thickness_um": 75.0,
    }
    assert "positive.thickness_um = 75: from the baseline" in asked.notes


def test_without_a_base_the_middle_of_the_range_is_taken() -> None:
    asked = asked_design(CAMPAIGN, {}, None, "")
    assert asked.design.values["positive.thickness_um"] == 80.0
    assert len(asked.notes) == 3


def test_a_value_outside_the_range_is_evaluated_and_said() -> None:
    base = baseline_design_of(CAMPAIGN)
    asked = asked_design(CAMPAIGN, {"positive.thickness_um": 150.0}, base, "the baseline")
    assert any("outside the campaign's 40 to 120" in note for note in asked.notes)


def test_a_fixed_value_can_be_set_too() -> None:
    base = baseline_design_of(CAMPAIGN)
    asked = asked_design(CAMPAIGN, {"positive.particle_d50_um": 4.0}, base, "the baseline")
    assert CAMPAIGN.recipe(asked.design).positive.particle_d50_m == pytest.approx(4e-6)


def test_unnamed_weight_percents_fill_up_to_100() -> None:
    asked = asked_design(MIXTURE, {"positive.active_wt_pct": 96.0}, None, "")
    recipe = MIXTURE.recipe(asked.design).positive
    assert recipe.active_wt_pct == 96.0
    assert recipe.binder_wt_pct + recipe.carbon_wt_pct == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"positive.porosty": 0.3}, "did you mean 'positive.porosity'"),
        ({"positive.porosity": 1.3}, "positive"),
        ({"positive.porosity": -0.1}, "above 0"),
        ({"positive.active_wt_pct": 130.0}, "at most 100"),
        ({"positive.porosity": "dense"}, "valid number"),
    ],
)
def test_nonsense_is_refused_in_one_line(named: dict[str, float | str], expected: str) -> None:
    with pytest.raises(Invalid) as caught:
        asked_design(CAMPAIGN, named, baseline_design_of(CAMPAIGN), "the baseline")
    assert "--at" in caught.value.message
    assert "\n" not in caught.value.message
    assert expected in caught.value.message or expected == "positive"


@pytest.mark.parametrize("text", ["porosity", "=3", "positive.porosity="])
def test_a_value_without_name_or_number_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="NAME=VALUE"):
        read_value(CAMPAIGN, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "positive.active_wt_pct=abc",
            "--at positive.active_wt_pct: must be a number; found 'abc'",
        ),
        ("positive.porosity=1.5", "--at positive.porosity: must be below 1; found 1.5"),
        (
            "positive.thickness_um=75e-6",
            "--at positive.thickness_um: must be above 1 µm; found 7.5e",
        ),
        (
            "positive.thickness_um=75000",
            "--at positive.thickness_um: must be below 1000 µm; found 75",
        ),
        ("negative.n_to_p_ratio=x", "--at negative.n_to_p_ratio: must be a number; found 'x'"),
    ],
)
def test_a_wrong_value_is_named_as_it_was_written(text: str, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        asked_design(CAMPAIGN, dict([read_value(CAMPAIGN, text)]), None, "")
    assert refused.value.message.startswith(message)
