from __future__ import annotations

import pytest

from controller.quantity import (
    change,
    duration,
    percent,
    signed_interval,
    three,
    unbroken,
    with_interval,
    with_unit,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (286.94, "287"),
        (0.28999, "0.290"),
        (9.996, "10.0"),
        (12345.6, "12,300"),
        (0.0, "0"),
        (-9.126, "−9.13"),
        (3.2e-7, "3.20e-07"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_three_significant_figures(value: float | None, text: str) -> None:
    assert three(value) == text


def test_an_interval_shares_its_decimals_with_the_value() -> None:
    assert with_interval(286.94, 279.12, 294.81, "Wh/kg") == "287 Wh/kg (279 to 295)"


def test_a_narrow_interval_keeps_the_digit_that_differs() -> None:
    assert with_interval(286.94, 286.61, 287.27, "Wh/kg") == "286.9 Wh/kg (286.6 to 287.3)"


def test_a_value_without_interval_or_unit_stands_alone() -> None:
    assert with_interval(0.5, None, None, "1") == "0.500"
    assert with_unit(None, "V") == "–"


def test_a_change_is_absolute_and_relative() -> None:
    assert change(287.2, 278.1, "Wh/kg") == "+9.10 Wh/kg (+3.3%)"
    assert change(270.0, 278.1, "Wh/kg") == "−8.10 Wh/kg (−2.9%)"
    assert change(270.0, None, "Wh/kg") == "–"


def test_durations_and_shares_read_as_people_say_them() -> None:
    assert [duration(s) for s in (41.6, 200, 7512)] == ["42 s", "3 min 20 s", "2 h 05 min"]
    assert percent(0.853) == "85%"


def test_a_difference_carries_its_sign_everywhere() -> None:
    assert signed_interval(11.63, 11.18, 12.08, "Wh/kg") == "+11.6 Wh/kg (+11.2 to +12.1)"
    assert signed_interval(0.4, -0.9, 1.7, "V") == "+0.40 V (−0.90 to +1.70)"


def test_numbers_stay_with_their_units_and_intervals_whole() -> None:
    nbsp = "\N{NO-BREAK SPACE}"
    said = unbroken("gives 287 Wh/kg (279 to 295) at 84.0 µm and costs 2 more")
    assert said == (f"gives 287{nbsp}Wh/kg (279{nbsp}to{nbsp}295) at 84.0{nbsp}µm and costs 2 more")
