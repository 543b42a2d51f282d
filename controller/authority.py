"""Whether a person may do something to a campaign's builds, and what is kept of who they are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from controller.people.permission import ROLES_OF, Action, may
from controller.people.person import Person
from controller.proposal_events import Signatory
from controller.state import State
from experiments.errors import Rejected


def signatory(state: State, person: Person, deputy_for: str | None = None) -> Signatory:
    """Return what is kept of a person who did something to this campaign."""
    roles = tuple(sorted(role.value for role in person.roles_in(state.campaign.name)))
    method = "" if person.method is None else person.method.value
    return Signatory(
        person=person.name,
        roles=roles,
        sign_in=method,
        token_id=person.token_id,
        deputy_for=deputy_for,
    )


def require_may_decide(state: State, by: Person, now: datetime) -> Signatory:
    """Return as whom somebody decides: an approver whom the campaign names, or one's deputy.

    They need the role as well. Raises ``Rejected``.
    """
    require_may(state, by, Action.decide)
    if not is_decider(state, by.name, now):
        listed = ", ".join(deciders(state, now)) or "nobody"
        raise no("not_allowed", f"{by.name} may not decide here; may: {listed}")
    return speaking_as(state, by, now)


def speaking_as(state: State, by: Person, now: datetime) -> Signatory:
    """Return what is kept of a person, with the approver in whose stead they decide by now."""
    return signatory(state, by, _stands_in_for(state, by.name, now))


def is_decider(state: State, name: str, now: datetime) -> bool:
    """Say whether the campaign names somebody as an approver, or one has them as deputy."""
    is_named = name in state.campaign.approval.approvers
    return is_named or _stands_in_for(state, name, now) is not None


def _stands_in_for(state: State, name: str, now: datetime) -> str | None:
    """Return in whose stead somebody decides; None for nobody's deputy, and for an approver."""
    approvers = state.campaign.approval.approvers
    if name in approvers:
        return None
    for person in approvers:
        deputy = state.deputies.get(person)
        if deputy is not None and deputy.name == name and deputy.is_in_force(now):
            return person
    return None


def deciders(state: State, now: datetime) -> list[str]:
    """Return who may decide, in words: approvers and, in the stead of those away, deputies."""
    found = []
    for person in state.campaign.approval.approvers:
        deputy = state.deputies.get(person)
        is_away = deputy is not None and deputy.is_in_force(now)
        told = "" if deputy is None else f" (until {deputy.until[:10]} also {deputy.name})"
        found.append(f"{person}{told}" if is_away else person)
    return found


def require_may(state: State, by: Person, action: Action) -> None:
    """Let those do it who may, by the one table. Raises ``Rejected``."""
    if not may(by, state.campaign.name, action):
        allowed = " or ".join(sorted(ROLES_OF[action]))
        raise no("not_allowed", f"{by.name} may not {action} here; it takes a person: {allowed}")


def no(reason: str, message: str, **evidence: Any) -> Rejected:
    """Return a refusal with its reason in one word."""
    return Rejected(message, reason=reason, **evidence)
