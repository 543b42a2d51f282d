"""Campaign files whose target is a real cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.campaign_file import parse_campaign
from experiments.errors import Invalid

TEXT = """\
name: cells
cell: {format: "4680"}
design:
  positive:
    active_wt_pct: 94
    porosity: {min: 0.20, max: 0.45}
    thickness_um: {min: 40, max: 120}
    particle_d50_um: 6
objectives:
  - {name: energy, maximize: specific_energy_Wh_per_kg, at_power_W: 150}
fidelities:
  - {name: coarse, voxels: 64, voxel_size_um: 0.6}
  - name: cell
    kind: build
    instrument: bench
    n_cells: 3
    protocol: {rates_per_h: [0.1]}
    cost_EUR: 90
    channel_days: 6
target: cell
budget: {evaluations: {coarse: 24, cell: 8}, cells: 30, money_EUR: 900, channel_days: 50}
approval: {approvers: [anna, bo], expires_after_working_days: 3, holidays: [2026-12-25]}
"""


def parse(text: str):
    return parse_campaign(text, "cells.yaml", Path())


def refusal(old: str, new: str) -> str:
    assert old in TEXT
    with pytest.raises(Invalid) as caught:
        parse(TEXT.replace(old, new))
    return caught.value.message


def test_a_level_may_be_built() -> None:
    campaign = parse(TEXT)
    level = campaign.build_level
    assert level is not None
    assert (level.n_cells, level.format, level.at_once) == (3, "coin", 4)
    assert [one.name for one in campaign.simulated] == ["coarse"]
    assert campaign.finest_simulated.name == "coarse"
    assert campaign.approval.approvers == ("anna", "bo")
    assert str(campaign.approval.holidays[0]) == "2026-12-25"


def test_a_simulated_level_reads_as_it_always_did() -> None:
    campaign = parse(TEXT)
    assert set(campaign.simulated[0].model_dump()) == {
        "name", "voxels", "volumes", "voxel_size_um", "mesh_points", "model", "cost", "deadline_s",
        "source_of",
    }  # fmt: skip


def test_a_campaign_with_builds_survives_the_journal() -> None:
    campaign = parse(TEXT)
    assert type(campaign).model_validate_json(campaign.model_dump_json()) == campaign


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: build", "kind: oven", "fidelities[1].kind: must be 'build'; found 'oven'"),
        ("n_cells: 3", "n_cells: 0", "fidelities[1].n_cells: must be ≥ 1; found 0"),
        ("    instrument: bench\n", "", "the key 'instrument' is missing"),
        ("n_cells: 3", "voxels: 3", "voxels: unknown key; allowed: kind, name, instrument"),
        ("n_cells: 3", "format: '4680'", "'4680' is not built; allowed: coin, single-layer"),
        ("[0.1]", "[0]", "fidelities[1].protocol.rates_per_h[0]: must be > 0; found 0"),
        ("approvers: [anna, bo], ", "", "approval.approvers: name at least one"),
        (
            "maximize: specific_energy_Wh_per_kg, at_power_W: 150",
            "minimize: fast_charge_min",
            "fast_charge_min is not measured on a build",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(old: str, new: str, said: str) -> None:
    message = refusal(old, new)
    assert said in message
    assert "\n" not in message


def test_a_campaign_that_only_builds_is_refused() -> None:
    coarse = "  - {name: coarse, voxels: 64, voxel_size_um: 0.6}\n"
    text = TEXT.replace(coarse, "").replace("coarse: 24, ", "")
    with pytest.raises(Invalid, match="beside the level that is built, one must be simulated"):
        parse(text)


def test_two_levels_that_are_built_are_refused() -> None:
    twice = "  - {name: pouch, kind: build, instrument: bench}\ntarget: cell"
    assert "at most one level is built; found cell and pouch" in refusal("target: cell", twice)


def test_rules_of_approval_without_builds_are_refused() -> None:
    start, end = TEXT.index("  - name: cell"), TEXT.index("target: cell")
    text = TEXT[:start] + "target: coarse\n" + TEXT[end:].replace("target: cell\n", "")
    text = text.replace(", cell: 8}, cells: 30, money_EUR: 900, channel_days: 50", "}")
    with pytest.raises(Invalid, match="approval: no level of this campaign is built"):
        parse(text)


def test_thresholds_for_a_second_approver_are_the_campaign_s() -> None:
    rule = "two_approvers: {cost_EUR_above: 500, outside_training_range: true}"
    found = parse(TEXT.replace("[anna, bo],", f"[anna, bo], {rule},")).approval.two_approvers
    assert found is not None
    assert (found.cost_EUR_above, found.outside_training_range) == (500.0, True)
    alone = refusal("[anna, bo],", f"[anna], {rule},")
    assert "at least two different names under approvers" in alone
    wrong = refusal("[anna, bo],", "[anna, bo], two_approvers: {price_above: 5},")
    assert "approval.two_approvers.price_above" in wrong


def test_a_time_zone_that_nobody_knows_is_refused_with_its_line() -> None:
    wrong = refusal("[anna, bo],", "[anna, bo], time_zone: Berlin,")
    assert wrong.startswith(f"cells.yaml:{TEXT.count(chr(10))}")
    assert "approval.time_zone: 'Berlin' is no time zone, as Europe/Berlin is one" in wrong
    named = TEXT.replace("[anna, bo],", "[anna, bo], time_zone: Europe/Berlin,")
    assert parse(named).approval.time_zone == "Europe/Berlin"


@pytest.mark.parametrize("price", ["", "    cost_EUR: 0\n"])
def test_a_threshold_of_cost_needs_a_price_to_be_stated(price: str) -> None:
    rule = "[anna, bo], two_approvers: {cost_EUR_above: 500},"
    text = TEXT.replace("[anna, bo],", rule).replace("    cost_EUR: 90\n", price)
    if price:
        assert parse(text).build_level.cost_EUR == 0.0
        return
    with pytest.raises(Invalid) as caught:
        parse(text)
    assert "approval.two_approvers.cost_EUR_above: the price of a build is not stated" in str(
        caught.value
    )
    parse(text.replace("cost_EUR_above: 500", "energy_Wh_above: 5"))


def test_a_journal_of_before_is_read_though_no_price_was_stated() -> None:
    rule = "[anna, bo], two_approvers: {cost_EUR_above: 500},"
    before = parse(TEXT.replace("[anna, bo],", rule).replace("cost_EUR: 90", "cost_EUR: 0"))
    assert type(before).model_validate_json(before.model_dump_json()) == before


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ('[anna, "anna "]', "approval.approvers[1]: 'anna ' is no name of an account"),
        ("[anna, Anna]", "approval.approvers[1]: 'Anna' is no name of an account"),
        ('["", bo]', "approval.approvers[0]: '' is no name of an account"),
        ("[anna, policy]", "approval.approvers[1]: 'policy' is no name of an account"),
        ("[anna, bo, anna]", "approval.approvers[2]: anna is named already"),
    ],
)
def test_approvers_are_names_of_accounts_each_once(names: str, said: str) -> None:
    assert said in refusal("[anna, bo]", names)


def test_a_policy_that_asks_nobody_and_thresholds_for_two_are_refused_together() -> None:
    both = "[anna, bo], policy: approve_simulated, two_approvers: {cost_EUR_above: 500},"
    assert "policy approve_simulated asks nobody" in refusal("[anna, bo],", both)


def test_a_holiday_that_is_no_day_is_refused_in_words() -> None:
    said = refusal("[2026-12-25]", "[christmas]")
    assert "approval.holidays[0]: must be a day, as 2026-12-24; found 'christmas'" in said
