from __future__ import annotations

from datetime import UTC, date, datetime

from experiments.approval import Approval

FRIDAY = datetime(2026, 12, 18, 16, 30, tzinfo=UTC)


def test_a_proposal_of_friday_may_be_decided_on_until_the_end_of_monday() -> None:
    ends = Approval(expires_after_working_days=1).expires_at(FRIDAY)
    assert ends == datetime(2026, 12, 22, tzinfo=UTC)


def test_holidays_do_not_count() -> None:
    holidays = (date(2026, 12, 24), date(2026, 12, 25))
    ends = Approval(expires_after_working_days=5, holidays=holidays).expires_at(FRIDAY)
    assert ends == datetime(2026, 12, 30, tzinfo=UTC)
