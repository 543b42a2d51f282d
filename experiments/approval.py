"""Who may have something built, and for how long a proposal waits for them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from pydantic import Field, model_validator

from experiments.frozen import Frozen
from experiments.two_approvers import TwoApprovers

_SATURDAY: Final = 5


class Approval(Frozen):
    """The campaign's rules of approval."""

    approvers: tuple[str, ...] = ()
    """Names of people who may decide; they need the role as well."""
    expires_after_working_days: int = Field(default=5, ge=1, le=250)
    """A proposal nobody decided on lapses at the end of so many full working days."""
    holidays: tuple[date, ...] = ()
    """Days without work beside Saturdays and Sundays."""
    policy: Literal["person", "approve_simulated"] = "person"
    """``approve_simulated``: builds are approved as they are proposed, which is allowed only where
    the administrator's file says that the instrument is simulated."""

    two_approvers: TwoApprovers | None = None
    """Builds beyond these thresholds need two of the approvers; None: one is enough for any."""

    @model_validator(mode="after")
    def _two_can_be_found(self) -> Approval:
        if self.two_approvers is not None and len(set(self.approvers)) < 2:
            raise ValueError("two_approvers: needs at least two different names under approvers")
        return self

    def expires_at(self, proposed: datetime) -> datetime:
        """Return the end of the last working day on which it may be decided."""
        day, left = proposed.date(), self.expires_after_working_days
        while left:
            day += timedelta(days=1)
            left -= self.is_working_day(day)
        return datetime.combine(day + timedelta(days=1), time(0), tzinfo=proposed.tzinfo)

    def is_working_day(self, day: date) -> bool:
        """Say whether the lab works on a day."""
        return day.weekday() < _SATURDAY and day not in self.holidays
