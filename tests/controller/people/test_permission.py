"""The one table of who may do what, read out in full."""

from __future__ import annotations

import pytest

from controller.people import Action, Method, Person, Role, may

ALLOWED = {
    "viewer": {"view"},
    "operator": {"view", "operate", "edit", "settle"},
    "approver": {"view", "edit", "decide", "settle", "audit", "deputise"},
    "admin": {"view", "operate", "audit", "deputise", "manage"},
}


def person(role: str, campaign: str = "cells", **more: object) -> Person:
    roles = {campaign: frozenset({Role(role)})}
    return Person(**{"name": "anna", "roles": roles, "method": Method.password, **more})


@pytest.mark.parametrize("role", [one.value for one in Role])
@pytest.mark.parametrize("action", list(Action))
def test_a_role_allows_exactly_what_the_table_says(role: str, action: Action) -> None:
    assert may(person(role), "cells", action) == (action.value in ALLOWED[role])


@pytest.mark.parametrize("action", list(Action))
def test_a_role_counts_for_its_campaign_alone(action: Action) -> None:
    for role in Role:
        assert not may(person(role), "other", action)
        assert not may(person(role), "*", action)
        assert may(person(role, "*"), "other", action) == may(person(role), "cells", action)


@pytest.mark.parametrize("action", list(Action))
def test_nobody_and_the_disabled_may_do_nothing(action: Action) -> None:
    everything = {"*": frozenset(Role)}
    assert not may(None, "cells", action)
    assert not may(Person(name="anna", roles=everything), "cells", action)
    disabled = Person(name="anna", roles=everything, method=Method.token, is_disabled=True)
    assert not may(disabled, "cells", action)


def test_a_person_who_shows_a_service_s_token_decides_nothing() -> None:
    assert not may(person("approver", method=Method.service), "cells", Action.decide)
