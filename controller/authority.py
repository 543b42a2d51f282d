"""Whether a person may do something to a campaign's builds, and what is kept of who they are."""

from __future__ import annotations

from typing import Any

from controller.people.permission import ROLES_OF, Action, may
from controller.people.person import Person
from controller.proposal_events import Signatory
from controller.state import State
from experiments.errors import Rejected


def signatory(state: State, person: Person) -> Signatory:
    """Return what is kept of a person who did something to this campaign."""
    roles = tuple(sorted(role.value for role in person.roles_in(state.campaign.name)))
    method = "" if person.method is None else person.method.value
    return Signatory(person=person.name, roles=roles, sign_in=method, token_id=person.token_id)


def require_may_decide(state: State, by: Person) -> None:
    """Let those decide who have the role and whom the campaign names. Raises ``Rejected``."""
    require_may(state, by, Action.decide)
    approvers = state.campaign.approval.approvers
    if by.name not in approvers:
        listed = ", ".join(approvers) or "nobody"
        raise no("not_allowed", f"{by.name} may not decide here; may: {listed}")


def require_may(state: State, by: Person, action: Action) -> None:
    """Let those do it who may, by the one table. Raises ``Rejected``."""
    if not may(by, state.campaign.name, action):
        allowed = " or ".join(sorted(ROLES_OF[action]))
        raise no("not_allowed", f"{by.name} may not {action} here; it takes a person: {allowed}")


def no(reason: str, message: str, **evidence: Any) -> Rejected:
    """Return a refusal with its reason in one word."""
    return Rejected(message, reason=reason, **evidence)
