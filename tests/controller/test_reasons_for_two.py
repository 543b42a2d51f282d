"""Which builds need two approvers: what is above a threshold, and what nobody can know."""

from __future__ import annotations

import pytest
from aurora_unicycler import (
    ConstantCurrent,
    ConstantVoltage,
    CyclingProtocol,
    ImpedanceSpectroscopy,
    OpenCircuitVoltage,
    RecordParams,
    SampleParams,
    VoltageScan,
)

from controller.decisions import decide_proposal
from controller.four_eyes import reasons_for_two
from experiments.approval import Approval
from experiments.cell_spec import CellSpec
from experiments.two_approvers import TwoApprovers
from tests.controller.build_doubles import NOW, Book, building_campaign, person, proposal_at
from tests.instruments.a_build import protocol_of, recipe_of

CHARGE = {"rate_C": 0.2}
DISCHARGE = ConstantCurrent(rate_C=-0.2, until_voltage_V=2.5)
TIMED_DISCHARGE = ConstantCurrent(rate_C=-0.2, until_time_s=3600)
SPECTRUM = ImpedanceSpectroscopy(amplitude_V=0.01, start_frequency_Hz=1e4, end_frequency_Hz=1)
UNKNOWN = ("its charging voltage is not known",)
ABOVE = ("its cells are charged to 4.50 V, above 4.20 V",)


def book_with(limits: TwoApprovers) -> Book:
    made = Book(
        building_campaign(approval=Approval(approvers=("anna", "bo"), two_approvers=limits))
    )
    made.propose(0.4)
    return made


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"cost_EUR_above": 89.9}, "it costs 90.0 EUR, above 89.9 EUR"),
        ({"voltage_V_above": 4.1}, "its cells are charged to 4.20 V, above 4.10 V"),
        ({"temperature_C_above": 20}, "its cells are tested at 25.0 °C, above 20.0 °C"),
        ({"energy_Wh_above": 0.01}, "its cells store"),
        ({"outside_training_range": True}, "it may lie outside the range the model was trained in"),
    ],
)
def test_every_threshold_has_its_reason(limits: dict[str, float], words: str) -> None:
    book = book_with(TwoApprovers(**limits))
    (reason,) = reasons_for_two(book.campaign, book.state.proposals["p1"].proposal)
    assert reason.startswith(words)


@pytest.mark.parametrize(
    "limits",
    [
        {"cost_EUR_above": 90},
        {"voltage_V_above": 4.2},
        {"temperature_C_above": 25},
        {"energy_Wh_above": 5},
    ],
)
def test_at_a_threshold_one_is_enough(limits: dict[str, float]) -> None:
    book = book_with(TwoApprovers(**limits))
    assert reasons_for_two(book.campaign, book.state.proposals["p1"].proposal) == ()
    about = (book.state, "p1", book.state.proposals["p1"].proposal.digest, "approved")
    assert len(decide_proposal(*about, person("anna"), now=NOW, build_id="b1")) == 2


def test_stored_energy_is_that_of_all_cells_together() -> None:
    # 3 coin cells of some 6.7 mAh at 3.7 V: 0.07 Wh; a request of 8 stores 8/3 of it
    book = book_with(TwoApprovers(energy_Wh_above=0.001))
    few = proposal_at(0.4, campaign=book.campaign)
    many = few.model_copy(update={"request": few.request.model_copy(update={"n_cells": 6})})
    stored = [float(reasons_for_two(book.campaign, one)[0].split()[3]) for one in (few, many)]
    assert stored[1] == pytest.approx(2 * stored[0], rel=0.01)


def test_what_is_inside_the_range_needs_one() -> None:
    book = book_with(TwoApprovers(outside_training_range=True))
    inside = book.state.proposals["p1"].proposal.model_copy(update={"is_inside_data": True})
    outside = inside.model_copy(update={"is_inside_data": False})
    assert reasons_for_two(book.campaign, inside) == ()
    (reason,) = reasons_for_two(book.campaign, outside)
    assert reason == "it lies outside the range the model was trained in"


def test_a_protocol_charged_higher_by_an_edit_is_held_to_the_threshold() -> None:
    book = book_with(TwoApprovers(voltage_V_above=4.25))
    plain = proposal_at(0.4, campaign=book.campaign)
    high = plain.request.model_copy(update={"protocol": protocol_of(maximum_V=4.3)})
    found = reasons_for_two(book.campaign, plain.model_copy(update={"request": high}))
    assert found == ("its cells are charged to 4.30 V, above 4.25 V",)


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([OpenCircuitVoltage(until_time_s=60)], UNKNOWN),
        ([ConstantCurrent(**CHARGE, until_time_s=3600), DISCHARGE], UNKNOWN),
        ([ConstantCurrent(current_mA=1, until_time_s=3600), DISCHARGE], UNKNOWN),
        ([SPECTRUM, ConstantVoltage(voltage_V=4.0, until_time_s=1)], UNKNOWN),
        ([VoltageScan(start_voltage_V=3, end_voltage_V=4.5, scan_rate_mV_per_s=1)], ABOVE),
        ([ConstantCurrent(**CHARGE, until_voltage_V=4.5), DISCHARGE], ABOVE),
        ([ConstantVoltage(voltage_V=4.5, until_time_s=60), DISCHARGE], ABOVE),
        ([ConstantCurrent(**CHARGE, until_voltage_V=4.1), DISCHARGE], ()),
        ([ConstantVoltage(voltage_V=4.1, until_time_s=1), TIMED_DISCHARGE], ()),
    ],
)
def test_a_charge_to_no_stated_voltage_is_no_lower_than_the_threshold(
    steps: list[object], words: tuple[str, ...]
) -> None:
    book = book_with(TwoApprovers(voltage_V_above=4.2))
    plain = proposal_at(0.4, campaign=book.campaign)
    protocol = CyclingProtocol(
        sample=SampleParams(name="one", capacity_mAh=6.7),
        record=RecordParams(time_s=60),
        method=steps,
    )
    request = plain.request.model_copy(update={"protocol": protocol})
    asked = plain.model_copy(update={"request": request})
    assert reasons_for_two(book.campaign, asked) == words
    calm = book_with(TwoApprovers(temperature_C_above=60))
    assert reasons_for_two(calm.campaign, asked) == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"recipe": recipe_of(porosity=0.01)},
        {"recipe": recipe_of(active_material="LFP")},
        {"cell": CellSpec(format="brick")},
        {"cell": CellSpec(format="coin", parameter_set="gone.json")},
    ],
)
def test_a_build_whose_energy_cannot_be_worked_out_needs_two(changes: dict[str, object]) -> None:
    book = book_with(TwoApprovers(energy_Wh_above=5))
    plain = proposal_at(0.4, campaign=book.campaign)
    request = plain.request.model_copy(update=changes)
    found = reasons_for_two(book.campaign, plain.model_copy(update={"request": request}))
    assert found == ("its stored energy cannot be worked out",)
