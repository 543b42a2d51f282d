"""What is told of an event: that something happened, where, and where to look; never how to decide.

A notice holds no design, no number, no name of a person and no secret. Its link leads to a page
that asks who is there.
"""

from __future__ import annotations

import hashlib
import json
from urllib.parse import quote

from controller.events import Aborted, ComputeLost, Event, Finished, Recorded
from controller.proposal_events import (
    BuildFailed,
    Decided,
    Edited,
    Expired,
    FirstApproved,
    Measured,
    OutcomeLost,
    Proposed,
    Reminded,
    ResultInDoubt,
    Settled,
    Withdrawn,
)
from controller.webhooks.administration import Kind


def event_word(event: Event) -> Kind | None:
    """Return what an event is to a receiver; None for nothing."""
    match event:
        case Proposed() | Edited() | FirstApproved() | Reminded():
            return "needs_you"
        case OutcomeLost() | ResultInDoubt():
            return "needs_you"
        case Decided() | Withdrawn() | Expired() | Settled():
            return "decided"
        case Measured() | BuildFailed():
            return "built"
        case Finished() | Aborted():
            return "ended"
        case ComputeLost():
            return "alarm"
    return None


def path_of(recorded: Recorded) -> str:
    """Return the page of the control room where an event is looked at."""
    campaign = f"/campaigns/{quote(recorded.campaign, safe='')}"
    match recorded.event:
        case Proposed(proposal=proposal) | Edited(proposal=proposal):
            return f"{campaign}/proposals/{quote(proposal.id, safe='')}"
        case (
            FirstApproved(proposal_id=one)
            | Reminded(proposal_id=one)
            | Decided(proposal_id=one)
            | Withdrawn(proposal_id=one)
            | Expired(proposal_id=one)
        ):
            return f"{campaign}/proposals/{quote(one, safe='')}"
        case OutcomeLost() | ResultInDoubt() | Settled() | Measured() | BuildFailed():
            return f"{campaign}/builds"
    return campaign


def delivery_id(webhook: str, recorded: Recorded) -> str:
    """Return the notice's name: the same however often, and after whatever, it is sent again."""
    return hashlib.sha256(f"{webhook}\n{recorded.hash}".encode()).hexdigest()[:32]


def notice(recorded: Recorded, kind: Kind, delivery: str, control_room: str) -> bytes:
    """Return the body."""
    document = {
        "delivery": delivery,
        "event": kind,
        "campaign": recorded.campaign,
        "position": recorded.position,
        "at": recorded.at,
        "link": f"{control_room}{path_of(recorded)}",
    }
    return json.dumps(document, ensure_ascii=True, allow_nan=False).encode()
