"""Who decides in an approver's stead: for a time, with the approver's one voice, on record."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from controller.audit import audit_lines
from controller.authority import deciders
from controller.build_orders import Deputise, Occasion, events_of
from controller.decisions import decide_proposal, edit_proposal
from controller.lab_link import LabLink
from controller.people.person import Method, Person, Role
from experiments.approval import Approval
from experiments.errors import Rejected
from experiments.two_approvers import TwoApprovers
from tests.controller.build_doubles import Book, building_campaign, person, reason_of, request_at
from tests.instruments.a_build import CAPABILITIES

ANNA, BO, CAROL = person("anna"), person("bo"), person("carol")
ROOT = person("root", Role.admin)
FRIDAY = date(2026, 3, 6)
INSTRUMENT: Any = None
"""Nothing here is sent."""


def book_with(*approvers: str, two: TwoApprovers | None = None) -> Book:
    approval = Approval(approvers=approvers or ("anna", "bo"), two_approvers=two)
    made = Book(building_campaign(approval=approval))
    made.propose(0.4)
    return made


def name(
    book: Book, by: Person, person: str, deputy: str | None, until: date | None = FRIDAY
) -> None:
    order = Deputise(campaign=book.campaign.name, person=person, deputy=deputy, until=until, by=by)
    book.write(*events_of(order, book.state, Occasion(book.now, "b1"))[0])


def approve(book: Book, by: Person, text: str = "") -> None:
    digest = book.state.proposals["p1"].proposal.digest
    about = (book.state, "p1", digest, "approved", by)
    book.write(*decide_proposal(*about, now=book.now, build_id="b1", text=text))


def refusal(call: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(Rejected) as caught:
        call(*args, **more)
    return reason_of(caught.value)


def test_a_deputy_decides_until_the_end_of_the_day_and_not_after() -> None:
    book = book_with()
    assert refusal(approve, book, CAROL) == "not_allowed"
    name(book, ANNA, "anna", "carol")
    assert deciders(book.state, book.now) == ["anna (until 2026-03-07 also carol)", "bo"]
    book.wait(4.6)  # Friday, 23:24
    approve(book, CAROL)
    by = book.state.proposals["p1"].last.by
    assert by is not None
    assert (by.person, by.deputy_for) == ("carol", "anna")
    late = book_with()
    name(late, ANNA, "anna", "carol")
    late.wait(4.7)  # Saturday
    assert refusal(approve, late, CAROL) == "not_allowed"
    assert deciders(late.state, late.now) == ["anna", "bo"]


def test_the_approver_is_back_whenever_they_say_so() -> None:
    book = book_with()
    name(book, ANNA, "anna", "carol")
    name(book, ANNA, "anna", None, None)
    assert refusal(approve, book, CAROL) == "not_allowed"
    approve(book, ANNA)


def test_one_names_a_deputy_for_oneself_and_an_admin_for_others() -> None:
    book = book_with()
    assert refusal(name, book, BO, "anna", "carol") == "not_allowed"
    name(book, ROOT, "anna", "carol")
    approve(book, CAROL)


def test_an_admin_makes_themselves_nobodys_deputy() -> None:
    book = book_with()
    assert refusal(name, book, ROOT, "anna", "root") == "not_allowed"
    name(book, ROOT, "anna", None, None)


@pytest.mark.parametrize("who", [Role.viewer, Role.operator])
def test_other_roles_name_nobody(who: Role) -> None:
    assert refusal(name, book_with(), person("anna", who), "anna", "carol") == "not_allowed"


def test_a_service_names_nobody() -> None:
    robot = person("anna", Role.approver, method=Method.service)
    assert refusal(name, book_with(), robot, "anna", "carol") == "not_allowed"


@pytest.mark.parametrize(
    ("whom", "deputy", "until"),
    [
        ("nobody", "carol", FRIDAY),
        ("anna", "bo", FRIDAY),
        ("anna", "anna", FRIDAY),
    ],
)
def test_what_makes_no_deputy_is_refused(whom: str, deputy: str, until: date | None) -> None:
    assert refusal(name, book_with(), ROOT, whom, deputy, until) == "not_allowed"


def test_a_deputy_is_named_until_a_day() -> None:
    assert refusal(name, book_with(), ROOT, "anna", "carol", None) == "needs_until"


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize(
    "until", [date.min, date(2026, 3, 1), date(2026, 5, 1), date(9999, 12, 31)]
)
def test_a_day_out_of_range_is_refused_with_the_days_that_are_allowed(
    zone: str, until: date
) -> None:
    approval = Approval(approvers=("anna", "bo"), time_zone=zone)
    book = Book(building_campaign(approval=approval))
    with pytest.raises(Rejected) as caught:
        name(book, ANNA, "anna", "carol", until)
    assert reason_of(caught.value) == "out_of_range"
    assert f"until: {until} is out of range" in caught.value.message
    assert caught.value.message.endswith("allowed: from 2026-03-02 to 2026-04-30")
    for allowed in (date(2026, 3, 2), date(2026, 4, 30)):
        name(book, ANNA, "anna", "carol", allowed)


def test_a_deputy_without_the_role_decides_nothing() -> None:
    book = book_with()
    name(book, ANNA, "anna", "carol")
    assert refusal(approve, book, person("carol", Role.operator)) == "not_allowed"


def test_an_approver_and_their_deputy_are_not_two() -> None:
    book = book_with(two=TwoApprovers(cost_EUR_above=50))
    name(book, ANNA, "anna", "carol")
    approve(book, ANNA)
    assert refusal(approve, book, CAROL) == "needs_second"
    approve(book, BO)
    assert book.state.proposals["p1"].status == "approved"


def test_what_an_approver_edited_their_deputy_does_not_approve_alone() -> None:
    book = book_with()
    name(book, ANNA, "anna", "carol")
    digest = book.state.proposals["p1"].proposal.digest
    book.write(*edit_proposal(book.state, "p1", digest, request_at(0.6), ANNA, now=book.now))
    assert refusal(approve, book, CAROL, "looks good") == "not_allowed"
    approve(book, BO)


def test_what_a_deputy_edited_the_approver_does_not_approve_alone_either() -> None:
    book = book_with()
    name(book, ANNA, "anna", "carol")
    digest = book.state.proposals["p1"].proposal.digest
    book.write(*edit_proposal(book.state, "p1", digest, request_at(0.6), CAROL, now=book.now))
    name(book, ANNA, "anna", None, None)
    assert refusal(approve, book, ANNA, "looks good") == "not_allowed"
    approve(book, BO)


def test_what_somebody_edited_before_they_were_a_deputy_was_theirs_alone() -> None:
    book = book_with()
    digest = book.state.proposals["p1"].proposal.digest
    book.write(*edit_proposal(book.state, "p1", digest, request_at(0.6), CAROL, now=book.now))
    name(book, ANNA, "anna", "carol")
    assert refusal(approve, book, CAROL, "looks good") == "not_allowed"
    approve(book, ANNA)


def test_a_deputy_is_one_approver_s_at_a_time() -> None:
    book = book_with()
    name(book, BO, "bo", "carol")
    assert refusal(name, book, ANNA, "anna", "carol") == "not_allowed"
    name(book, BO, "bo", "carol", date(2026, 3, 4))  # the same again, for less long
    book.wait(3)
    name(book, ANNA, "anna", "carol")
    assert deciders(book.state, book.now) == ["anna (until 2026-03-07 also carol)", "bo"]


def test_it_is_in_the_audit_who_decided_in_whose_stead() -> None:
    book = book_with()
    name(book, ROOT, "anna", "carol")
    approve(book, CAROL)
    name(book, ROOT, "anna", None, None)
    lines = list(audit_lines(book.journal.stored))
    assert [(line.person, line.what) for line in lines] == [
        ("root", "named a deputy"),
        ("carol", "approved in anna's stead"),
        ("root", "took back a deputy"),
    ]
    assert lines[0].subject == lines[2].subject == "carol in anna's stead"


@pytest.mark.parametrize(
    ("lost", "said"), [("carol", "carol may no longer approve here"), ("", None)]
)
def test_at_dispatch_the_deputy_must_still_have_the_role(lost: str, said: str | None) -> None:
    book = book_with()
    name(book, ANNA, "anna", "carol")
    approve(book, CAROL)
    book.now += timedelta(days=30)  # that the time as a deputy is over takes nothing back
    link = LabLink(INSTRUMENT, b"s", may_still=lambda who, _campaign: who != lost)
    found = link.refusal(book.state.builds["b1"], book.state, CAPABILITIES)
    assert (None if found is None else found.message) == said
