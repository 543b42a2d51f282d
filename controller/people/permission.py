"""Who may do what: one table, read by the command line, the API and the pages alike."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from controller.people.person import Method, Person, Role


class Action(StrEnum):
    """What a person may want to do."""

    view = "view"
    """See a campaign, its observations, proposals and data."""
    operate = "operate"
    """Pause, resume, drain or abort a campaign; start or go on with it."""
    edit = "edit"
    """Change a proposed build, which voids what was decided about it."""
    decide = "decide"
    """Approve, reject or withdraw a build."""
    settle = "settle"
    """Say what became of a build whose outcome nobody knows."""
    audit = "audit"
    """Read every decision with the person behind it."""
    deputise = "deputise"
    """Have somebody decide in an approver's stead for a time."""
    manage = "manage"
    """See people and roles, and change them."""


ROLES_OF: Final[Mapping[Action, frozenset[Role]]] = {
    Action.view: frozenset(Role),
    Action.operate: frozenset({Role.operator, Role.admin}),
    Action.edit: frozenset({Role.operator, Role.approver}),
    Action.decide: frozenset({Role.approver}),
    Action.settle: frozenset({Role.operator, Role.approver}),
    Action.audit: frozenset({Role.approver, Role.admin}),
    Action.deputise: frozenset({Role.approver, Role.admin}),
    Action.manage: frozenset({Role.admin}),
}
"""An admin decides about no build unless somebody makes them approver too, which is kept."""

ONLY_PEOPLE: Final = frozenset(
    {Action.edit, Action.decide, Action.settle, Action.deputise, Action.manage}
)
"""What no program may do, whatever roles it was given."""


def may(person: Person | None, campaign: str, action: Action) -> bool:
    """Say whether somebody may do something to a campaign; ``*`` stands for the home as a whole.

    None is somebody who is not signed in, and may do nothing.
    """
    if person is None or person.is_disabled or person.method is None:
        return False
    if action in ONLY_PEOPLE and (person.is_service or person.method is Method.service):
        return False
    return bool(person.roles_in(campaign) & ROLES_OF[action])
