from __future__ import annotations

from pathlib import Path

import pytest

from controller.campaign_file import load_campaign, parse_campaign
from controller.contradictions import refuse_contradictions
from controller.yaml_lines import parse_yaml
from experiments.budget import Budget
from experiments.errors import Invalid

TEXT = load_campaign("quickstart").text
OBJECTIVE = "  - {name: energy, maximize: specific_energy_Wh_per_kg, at_power_W: 150"
CONSTRAINT = "constraints: [{metric: areal_capacity_mAh_per_cm2, max: 6.0, confidence: 0.95}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("coarse: 24", "coarse: 0", "budget.evaluations.coarse: must be 1 or more; found 0"),
        ("fine: 8", "fine: 0", "budget.evaluations.fine: must be 1 or more; found 0"),
        (", fine: 8", "", "budget.evaluations: the target fine has no evaluations"),
        (
            OBJECTIVE,
            "  - {name: energy, maximize: energy_density_Wh_per_L, at_power_W: 150}\n" + OBJECTIVE,
            "objectives[1]: objectives[0] has the name 'energy' too",
        ),
        (
            OBJECTIVE,
            OBJECTIVE.replace("energy,", "least,").replace("maximize", "minimize")
            + "}\n"
            + OBJECTIVE,
            "objectives[1]: objectives[0] asks for specific_energy_Wh_per_kg already",
        ),
        (
            CONSTRAINT,
            CONSTRAINT + ", {metric: areal_capacity_mAh_per_cm2, min: 7.0}",
            "constraints[1]: areal_capacity_mAh_per_cm2 cannot be at least 7 and at most 6: "
            "constraints[0] asks for the other",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_both_places(old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(Invalid) as caught:
        parse_campaign(TEXT.replace(old, new, 1), "x.yaml", Path())
    assert message in caught.value.message


def test_limits_that_leave_room_are_taken() -> None:
    text = TEXT.replace(CONSTRAINT, CONSTRAINT + ", {metric: areal_capacity_mAh_per_cm2, min: 6.0}")
    assert len(parse_campaign(text, "x.yaml", Path()).constraints) == 2


def test_a_campaign_of_the_journal_is_not_judged_again() -> None:
    campaign = load_campaign("quickstart").campaign
    empty = campaign.model_copy(update={"budget": Budget(evaluations={"coarse": 0, "fine": 8})})
    assert type(campaign).model_validate_json(empty.model_dump_json()) == empty
    with pytest.raises(Invalid, match="found 0"):
        refuse_contradictions(parse_yaml(TEXT, "x.yaml"), empty)


def test_a_rule_that_asks_a_model_is_refused_where_there_is_none() -> None:
    text = TEXT + "\nstopping: {regret_below: 1.0}\ndecider: {name: sobol}\n"
    with pytest.raises(Invalid, match=r"stopping\.regret_below: needs a model, and .* sobol"):
        parse_campaign(text, "x.yaml", Path())


def test_a_rule_that_asks_a_model_is_refused_for_several_objectives() -> None:
    second = "  - {name: density, maximize: energy_density_Wh_per_L, at_power_W: 150}\n"
    text = TEXT.replace(OBJECTIVE, second + OBJECTIVE)
    text += "\nstopping: {expected_gain_below: 0.5, plateau_evaluations: 4}\n"
    with pytest.raises(Invalid, match=r"stopping\.expected_gain_below: needs a single objective"):
        parse_campaign(text, "x.yaml", Path())


def test_a_source_of_earlier_results_is_no_level_of_a_file() -> None:
    text = TEXT.replace("{name: fine,", "{name: fine, source_of: coarse,", 1)
    assert text != TEXT
    with pytest.raises(Invalid, match="source_of: no key of a campaign file"):
        parse_campaign(text, "x.yaml", Path())
