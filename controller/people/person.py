"""A person, or a service that is none, with the roles they hold and how they signed in."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from experiments.frozen import Frozen

ALL: Final = "*"
"""In a role's place of a campaign: every campaign of the home."""

PersonName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]{0,39}$")]


class Role(StrEnum):
    """What somebody is to a campaign; one may be several things."""

    viewer = "viewer"
    operator = "operator"
    approver = "approver"
    admin = "admin"


class Method(StrEnum):
    """How somebody proved who they are."""

    password = "password"  # noqa: S105 - the name of a method, no secret
    token = "personal token"  # noqa: S105
    service = "service token"


class Person(Frozen):
    """Who asks, as far as they have proved it."""

    name: PersonName
    is_service: bool = False
    """A program's account: it may look and operate, and can never decide about a build."""
    is_disabled: bool = False
    roles: Mapping[str, frozenset[Role]] = {}
    """By campaign, ``*`` for all of them."""
    method: Method | None = None
    """None where nobody signed in: a name in a list."""
    token_id: str | None = None
    """Of the token they showed; no secret."""

    def roles_in(self, campaign: str) -> frozenset[Role]:
        """Return the roles that count for a campaign; ``*`` asks for those that count for all."""
        return self.roles.get(ALL, frozenset()) | self.roles.get(campaign, frozenset())
