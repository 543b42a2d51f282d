"""What needs somebody is what they may do something about, under the rules of every decision."""

from __future__ import annotations

import pytest

from controller.build_orders import Deputise, Occasion, events_of
from controller.decisions import decide_proposal
from controller.needs_you import needs_you
from controller.people.person import Method, Person, Role
from experiments.approval import Approval
from experiments.two_approvers import TwoApprovers
from tests.controller.build_doubles import NOW, Book, building_campaign, person

ANNA, BO, CAROL, DORA = (person(name) for name in ("anna", "bo", "carol", "dora"))


@pytest.fixture
def book() -> Book:
    """Return a proposal that needs two of anna, bo and dora; carol decides in bo's stead."""
    two = TwoApprovers(cost_EUR_above=50)
    approval = Approval(approvers=("anna", "bo", "dora"), two_approvers=two)
    made = Book(building_campaign(approval=approval))
    made.propose(0.4)
    about = {"person": "bo", "deputy": "carol", "until": NOW.date(), "by": BO}
    order = Deputise(campaign=made.campaign.name, **about)
    made.write(*events_of(order, made.state, Occasion(NOW, "b1"))[0])
    return made


def n_for(book: Book, by: Person) -> int:
    return len(needs_you([book.state], by, book.now))


def approve(book: Book, by: Person) -> None:
    digest = book.state.proposals["p1"].proposal.digest
    about = (book.state, "p1", digest, "approved", by)
    book.write(*decide_proposal(*about, now=book.now, build_id="b1"))


def test_approvers_and_deputies_in_force_are_asked(book: Book) -> None:
    assert [n_for(book, who) for who in (ANNA, BO, CAROL, DORA)] == [1, 1, 1, 1]
    book.wait(1)
    assert [n_for(book, who) for who in (ANNA, BO, CAROL, DORA)] == [1, 1, 0, 1]


@pytest.mark.parametrize(
    "by",
    [
        person("emil"),
        person("anna", Role.operator),
        person("anna", Role.admin),
        person("anna", method=Method.service),
    ],
)
def test_a_role_without_a_name_asks_nobody_and_neither_does_a_name_without_the_role(
    book: Book, by: Person
) -> None:
    assert n_for(book, by) == 0


@pytest.mark.parametrize("by", [BO, CAROL])
def test_who_approved_first_is_asked_no_more_and_neither_is_who_has_the_same_voice(
    book: Book, by: Person
) -> None:
    approve(book, by)
    assert [n_for(book, who) for who in (BO, CAROL)] == [0, 0]
    for who in (ANNA, DORA):
        (waiting,) = needs_you([book.state], who, book.now)
        assert waiting.words.startswith(f"{by.name} approved; decide as the second about p1")


def test_what_is_decided_waits_for_nobody(book: Book) -> None:
    approve(book, ANNA)
    approve(book, BO)
    assert [n_for(book, who) for who in (ANNA, BO, CAROL, DORA)] == [0, 0, 0, 0]
