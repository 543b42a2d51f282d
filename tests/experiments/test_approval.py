from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from experiments.approval import Approval, zone
from experiments.errors import Invalid

ROOT = Path(__file__).parents[2]
FRIDAY = datetime(2026, 12, 18, 16, 30, tzinfo=UTC)


def test_a_proposal_of_friday_may_be_decided_on_until_the_end_of_monday() -> None:
    ends = Approval(expires_after_working_days=1).expires_at(FRIDAY)
    assert ends == datetime(2026, 12, 22, tzinfo=UTC)


def test_holidays_do_not_count() -> None:
    holidays = (date(2026, 12, 24), date(2026, 12, 25))
    ends = Approval(expires_after_working_days=5, holidays=holidays).expires_at(FRIDAY)
    assert ends == datetime(2026, 12, 30, tzinfo=UTC)


def test_a_weekend_s_proposal_has_whole_working_days_after_it() -> None:
    saturday = datetime(2026, 12, 19, 10, tzinfo=UTC)
    ends = Approval(expires_after_working_days=1).expires_at(saturday)
    assert ends == datetime(2026, 12, 22, tzinfo=UTC)


def test_the_lab_s_days_end_at_its_own_midnight_on_both_sides_of_a_clock_change() -> None:
    berlin = Approval(expires_after_working_days=1, time_zone="Europe/Berlin")
    # Clocks go back on Sunday 2026-10-25 and forward on Sunday 2026-03-29.
    autumn = berlin.expires_at(datetime(2026, 10, 23, 12, tzinfo=UTC))
    assert autumn == datetime(2026, 10, 26, 23, tzinfo=UTC)  # Monday's midnight, winter time
    assert berlin.expires_at(datetime(2026, 10, 22, 12, tzinfo=UTC)) == datetime(
        2026, 10, 23, 22, tzinfo=UTC
    )  # Friday's midnight, summer time still
    spring = berlin.expires_at(datetime(2026, 3, 27, 12, tzinfo=UTC))
    assert spring == datetime(2026, 3, 30, 22, tzinfo=UTC)


def test_the_day_it_is_proposed_on_is_the_lab_s() -> None:
    late = datetime(2026, 12, 17, 23, 30, tzinfo=UTC)  # Friday already in Berlin
    berlin = Approval(expires_after_working_days=1, time_zone="Europe/Berlin")
    assert berlin.expires_at(late) == datetime(2026, 12, 21, 23, tzinfo=UTC)
    assert Approval(expires_after_working_days=1).expires_at(late) == datetime(
        2026, 12, 19, tzinfo=UTC
    )


def test_half_of_the_time_is_counted_in_working_time() -> None:
    approval = Approval(expires_after_working_days=1)
    ends = approval.expires_at(FRIDAY)
    half = approval.moment_of(0.5, FRIDAY, ends)
    # 7.5 h of Friday and 24 h of Monday: half of 31.5 h lies 8.25 h into Monday
    assert half == datetime(2026, 12, 21, 8, 15, tzinfo=UTC)
    assert approval.moment_of(1.0, FRIDAY, ends) == ends


def test_a_working_sunday_night_of_a_clock_change_is_an_hour_longer() -> None:
    berlin = Approval(expires_after_working_days=2, time_zone="America/New_York")
    start = datetime(2026, 3, 6, 5, tzinfo=UTC)  # Friday's midnight in New York
    ends = berlin.expires_at(start)
    spans = list(berlin._working_spans(start, ends))
    assert [(b - a).total_seconds() / 3600 for a, b in spans] == [24.0, 24.0, 24.0]
    assert berlin.end_of(date(2026, 3, 8)) - berlin.end_of(date(2026, 3, 7)) == timedelta(hours=23)


def test_a_holiday_between_gives_no_reminder() -> None:
    approval = Approval(expires_after_working_days=2, holidays=(date(2026, 12, 21),))
    ends = approval.expires_at(FRIDAY)
    assert ends == datetime(2026, 12, 24, tzinfo=UTC)
    half = approval.moment_of(0.5, FRIDAY, ends)
    assert half.date() == date(2026, 12, 22)
    assert approval.working_days_left(FRIDAY, ends) == 2
    assert approval.last_day(ends) == date(2026, 12, 23)


def test_an_unknown_time_zone_is_named_where_it_is_needed() -> None:
    """A stored campaign stays readable on a machine that knows fewer zones."""
    stored = Approval.model_validate_json(Approval(time_zone="Berlin").model_dump_json())
    with pytest.raises(Invalid, match="'Berlin' is no time zone"):
        stored.expires_at(FRIDAY)
    for name in ("../etc/passwd", "", "Europe"):
        with pytest.raises(Invalid, match="is no time zone"):
            zone(name)


def test_the_database_of_time_zones_is_a_package_that_is_declared() -> None:
    """Python brings none: a container without the system's own knows no Europe/Berlin."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert any(one.startswith("tzdata>=") for one in declared)
    assert "\ntzdata==" in (ROOT / "constraints.txt").read_text()
