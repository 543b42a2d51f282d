from __future__ import annotations

import pytest

from controller.authority import require_may, require_may_decide, signatory
from controller.people.permission import Action
from controller.people.person import Method, Role
from experiments.errors import Rejected
from tests.controller.build_doubles import NOW, Book, person


def refusal(call, *arguments) -> str:
    with pytest.raises(Rejected) as error:
        call(*arguments)
    assert error.value.evidence["reason"] == "not_allowed"
    return error.value.message


def test_a_named_approver_with_the_role_may_decide() -> None:
    as_whom = require_may_decide(Book().state, person("anna"), NOW)
    assert (as_whom.person, as_whom.deputy_for) == ("anna", None)


def test_the_role_without_the_name_and_the_name_without_the_role_may_not() -> None:
    state = Book().state
    assert "eve may not decide here; may: anna, bo" in refusal(
        require_may_decide, state, person("eve"), NOW
    )
    assert "anna may not decide here; it takes a person" in refusal(
        require_may_decide, state, person("anna", Role.viewer), NOW
    )


def test_a_service_may_not_decide_whatever_its_role() -> None:
    service = person("anna", Role.approver, method=Method.service)
    assert "may not decide" in refusal(require_may, Book().state, service, Action.decide)


def test_what_is_kept_of_a_person_are_name_roles_and_how_they_signed_in() -> None:
    kept = signatory(Book().state, person("anna", Role.approver, Role.admin))
    assert (kept.person, kept.roles, kept.sign_in) == (
        "anna",
        ("admin", "approver"),
        "personal token",
    )
