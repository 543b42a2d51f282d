"""The audit: what people decided about a campaign, from a journal whose whole chain was checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controller.events import Corrected, Recorded, Retracted
from controller.proposal_events import (
    Decided,
    Deputised,
    Edited,
    Expired,
    FirstApproved,
    Settled,
    Signatory,
    Withdrawn,
)
from experiments.frozen import Frozen


class AuditLine(Frozen):
    """One decision, with everything that is kept of it."""

    position: int
    at: str
    person: str | None
    """None: nobody did it; the time was over."""
    roles: tuple[str, ...]
    sign_in: str
    what: str
    subject: str
    """The proposal's version or the build."""
    digest: str | None
    reason: str | None
    text: str
    hash: str
    """Of the event in the chain."""


def audit_lines(events: Iterable[Recorded]) -> Iterator[AuditLine]:
    """Yield every decision in the order it was made."""
    digests: dict[str, str] = {}
    deputies: dict[str, str] = {}
    for recorded in events:
        event = recorded.event
        match event:
            case Decided():
                what = event.verdict + (" (their own version)" if event.is_self_approved else "")
                what += f" in {event.by.deputy_for}'s stead" if event.by.deputy_for else ""
                what += f", second to {event.beside.person}" if event.beside is not None else ""
                subject = f"{event.proposal_id} version {event.version}"
                yield _line(
                    recorded, event.by, what, subject, event.digest, event.reason, event.text
                )
                digests[event.proposal_id] = event.digest
            case Deputised(person=person, deputy=deputy):
                what = "named a deputy" if deputy else "took back a deputy"
                text = f"{event.text} [until {event.until[:10]}]".strip() if deputy else event.text
                named = deputy or deputies.get(person, "nobody")
                deputies[person] = named
                subject = f"{named} in {person}'s stead"
                yield _line(recorded, event.by, what, subject, None, None, text)
            case FirstApproved():
                own = " (their own version)" if event.is_self_approved else ""
                subject = f"{event.proposal_id} version {event.version}"
                text = f"{event.text} [needs two: {'; '.join(event.because)}]".strip()
                stead = f" in {event.by.deputy_for}'s stead" if event.by.deputy_for else ""
                what = f"approved{stead}, first of two{own}"
                yield _line(recorded, event.by, what, subject, event.digest, None, text)
            case Edited(proposal=proposal):
                changed = ", ".join(event.diff)
                subject = f"{proposal.id} version {proposal.version}"
                text = f"{event.text} [changed: {changed}]".strip()
                yield _line(recorded, event.by, "edited", subject, proposal.digest, None, text)
            case Withdrawn():
                subject = f"{event.proposal_id} version {event.version}"
                digest = digests.get(event.proposal_id)
                yield _line(recorded, event.by, "withdrawn", subject, digest, None, event.text)
            case Expired():
                subject = f"{event.proposal_id} version {event.version}"
                yield _line(recorded, None, "expired", subject, None, None, "")
            case Settled():
                what = f"settled: {event.outcome.replace('_', ' ')}"
                yield _line(recorded, event.by, what, event.build_id, None, None, event.text)
            case Retracted():
                yield _result_line(recorded, event, "retracted a result")
            case Corrected(metric=metric, value=value):
                yield _result_line(recorded, event, f"corrected {metric} to {value:.6g}")
            case _:
                by = getattr(event, "by", None)
                if isinstance(by, str):
                    yield _order_line(recorded, by)


def _result_line(recorded: Recorded, event: Retracted | Corrected, what: str) -> AuditLine:
    who = Signatory(person=event.by, roles=(), sign_in="")
    return _line(recorded, who, what, f"job {event.job_id}", None, None, event.reason)


def _order_line(recorded: Recorded, by: str) -> AuditLine:
    reason = getattr(recorded.event, "reason", "")
    who = Signatory(person=by, roles=(), sign_in="")
    return _line(recorded, who, recorded.event.kind, recorded.campaign, None, None, str(reason))


def _line(
    recorded: Recorded,
    by: Signatory | None,
    what: str,
    subject: str,
    digest: str | None,
    reason: str | None,
    text: str,
) -> AuditLine:
    return AuditLine(
        position=recorded.position,
        at=recorded.at,
        person=None if by is None else by.person,
        roles=() if by is None else by.roles,
        sign_in="" if by is None else by.sign_in,
        what=what,
        subject=subject,
        digest=digest,
        reason=reason,
        text=text,
        hash=recorded.hash,
    )
