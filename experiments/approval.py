"""Who may have something built, and for how long a proposal waits for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, model_validator

from experiments.errors import Invalid
from experiments.frozen import Frozen
from experiments.two_approvers import TwoApprovers

_SATURDAY: Final = 5


def zone(name: str) -> ZoneInfo:
    """Return a time zone of the machine's database, or of tzdata's. Raises ``Invalid``."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(f"{name[:60]!r} is no time zone, as Europe/Berlin is one") from None


class Approval(Frozen):
    """The campaign's rules of approval."""

    approvers: tuple[str, ...] = ()
    """Names of people who may decide; they need the role as well."""
    expires_after_working_days: int = Field(default=5, ge=1, le=250)
    """A proposal nobody decided on lapses at the end of so many full working days."""
    holidays: tuple[date, ...] = ()
    """Days without work beside Saturdays and Sundays."""
    time_zone: str = Field(default="UTC", max_length=60)
    """Of the lab: its days begin and end there, whatever clock the machine shows.

    A campaign file is asked whether there is such a zone; a stored campaign is not, and stays what
    it is on a machine that knows fewer zones."""
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
        """Return the end of the last working day on which it may be decided, in UTC."""
        day, left = self._day_of(proposed), self.expires_after_working_days
        while left:
            day += timedelta(days=1)
            left -= self.is_working_day(day)
        return self.end_of(day)

    def end_of(self, day: date) -> datetime:
        """Return when a day of the lab's calendar ends, in UTC."""
        after = datetime.combine(day + timedelta(days=1), time(0), tzinfo=zone(self.time_zone))
        return after.astimezone(UTC)

    def last_day(self, expires: datetime) -> date:
        """Return the last day before a moment, by the lab's calendar."""
        return self._day_of(expires - timedelta(seconds=1))

    def moment_of(self, share: float, start: datetime, end: datetime) -> datetime:
        """Return when so much of the working time in between is over, in UTC.

        A day of a clock change counts as long as it is.
        """
        spans = list(self._working_spans(start, end))
        left_s = share * sum((ends - begins).total_seconds() for begins, ends in spans)
        for begins, ends in spans:
            whole_s = (ends - begins).total_seconds()
            if left_s <= whole_s:
                return begins + timedelta(seconds=left_s)
            left_s -= whole_s
        return end.astimezone(UTC)

    def working_days_left(self, now: datetime, expires: datetime) -> int:
        """Return how many working days begin between now and the end."""
        day, n = self._day_of(now) + timedelta(days=1), 0
        while self.end_of(day) <= expires:
            n += self.is_working_day(day)
            day += timedelta(days=1)
        return n

    def _working_spans(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield what lies in between of every working day, in UTC."""
        day = self._day_of(start)
        begins = start.astimezone(UTC)
        while begins < end:
            ends = self.end_of(day)
            if self.is_working_day(day):
                yield begins, min(end.astimezone(UTC), ends)
            day, begins = day + timedelta(days=1), ends

    def _day_of(self, moment: datetime) -> date:
        return moment.astimezone(zone(self.time_zone)).date()

    def is_working_day(self, day: date) -> bool:
        """Say whether the lab works on a day."""
        return day.weekday() < _SATURDAY and day not in self.holidays
