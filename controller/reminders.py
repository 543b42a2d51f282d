"""When a proposal that waits is brought back to mind. A reminder decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from controller.proposals import ProposalRecord
from experiments.approval import Approval

SHARES: Final = (0.5, 0.9)
"""Of the working time to decide, after which somebody is reminded."""
WORDS: Final[Mapping[float, str]] = {
    0.5: "half of its time is over",
    0.9: "nine tenths of its time are over",
}


def reminder_due(record: ProposalRecord, approval: Approval, now: datetime) -> float | None:
    """Return the share that a reminder is due for; one that was missed is not made up for."""
    passed = _passed(record, approval, now)
    return passed if passed > record.reminded else None


def _passed(record: ProposalRecord, approval: Approval, now: datetime) -> float:
    """Return the largest share to be reminded of that is over, or 0."""
    proposal = record.proposal
    moments = _moments(approval, proposal.proposed_at, proposal.expires_at)
    return max((share for share, at in zip(SHARES, moments, strict=True) if now >= at), default=0.0)


@lru_cache(maxsize=1024)
def _moments(approval: Approval, proposed_at: str, expires_at: str) -> tuple[datetime, ...]:
    proposed, expires = datetime.fromisoformat(proposed_at), datetime.fromisoformat(expires_at)
    return tuple(approval.moment_of(share, proposed, expires) for share in SHARES)


def deadline_words(record: ProposalRecord, approval: Approval, now: datetime) -> str:
    """Return until when somebody may decide, as the lab counts its days."""
    expires = datetime.fromisoformat(record.proposal.expires_at)
    left = approval.working_days_left(now, expires)
    last = approval.last_day(expires)
    plural = "" if left == 1 else "s"
    days = f"{left} working day{plural} after today" if left else "no further working day"
    zone = approval.time_zone.replace("_", " ")
    words = f"the end of {last:%A %Y-%m-%d} ({zone}; {days})"
    passed = _passed(record, approval, now)
    return f"{words}; {WORDS[passed]}" if passed else words
