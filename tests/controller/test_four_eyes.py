"""Above what a campaign sets, two different people approve one digest; nobody does it alone."""

from __future__ import annotations

import contextlib
import random
from dataclasses import replace
from typing import Any

import pytest

from controller.audit import audit_lines
from controller.decisions import decide_proposal, edit_proposal
from controller.four_eyes import reasons_for_two
from controller.lab_link import LabLink
from controller.needs_you import needs_you
from controller.pending_document import pending_document
from controller.people.person import Person
from controller.proposal_events import FirstApproved
from experiments.approval import Approval
from experiments.errors import InternalError, Rejected
from experiments.two_approvers import TwoApprovers
from tests.controller.build_doubles import (
    NOW,
    Book,
    building_campaign,
    person,
    proposal_at,
    reason_of,
    request_at,
)
from tests.instruments.a_build import CAPABILITIES, protocol_of

ANNA, BO, CAROL = person("anna"), person("bo"), person("carol")
INSTRUMENT: Any = None
"""Nothing here is sent."""
DEAR = TwoApprovers(cost_EUR_above=50)


def book_with(limits: TwoApprovers | None = DEAR, *approvers: str) -> Book:
    approval = Approval(approvers=approvers or ("anna", "bo", "carol"), two_approvers=limits)
    made = Book(building_campaign(approval=approval))
    made.propose(0.4)
    return made


def approve(book: Book, by: Person, text: str = "", digest: str | None = None):
    digest = digest or book.state.proposals["p1"].proposal.digest
    events = decide_proposal(
        book.state, "p1", digest, "approved", by, now=NOW, build_id="b1", text=text
    )
    book.write(*events)
    return events


def refusal(book: Book, by: Person, **more: str) -> str:
    with pytest.raises(Rejected) as caught:
        approve(book, by, **more)
    return reason_of(caught.value)


def edit(book: Book, by: Person, unit: float) -> None:
    digest = book.state.proposals["p1"].proposal.digest
    request = request_at(unit, book.campaign)
    book.write(*edit_proposal(book.state, "p1", digest, request, by, now=NOW))


def test_one_approval_builds_nothing_and_a_second_person_s_does() -> None:
    book = book_with()
    (first,) = approve(book, ANNA, "I checked the slurry")
    assert isinstance(first, FirstApproved)
    assert first.because == ("it costs 90.0 EUR, above 50.0 EUR",)
    assert not book.state.builds
    assert book.state.proposals["p1"].status == "proposed"
    decided, queued = approve(book, BO)
    assert decided.beside is not None
    assert (decided.beside.person, decided.by.person) == ("anna", "bo")
    assert decided.digest == first.digest == queued.payload.request.digest
    assert book.state.builds["b1"].stage == "queued"


def test_the_same_person_is_not_two() -> None:
    book = book_with()
    approve(book, ANNA)
    assert refusal(book, ANNA) == "needs_second"
    assert not book.state.builds


def test_an_edit_makes_the_first_approval_void() -> None:
    book = book_with()
    seen = book.state.proposals["p1"].proposal.digest
    approve(book, ANNA)
    edit(book, CAROL, 0.6)
    assert book.state.proposals["p1"].first_approval is None
    assert refusal(book, BO, digest=seen) == "stale"
    (again,) = approve(book, BO)
    assert isinstance(again, FirstApproved)
    approve(book, ANNA)
    assert book.state.proposals["p1"].status == "approved"


def test_who_edited_counts_as_one_of_two_with_a_reason_and_is_marked() -> None:
    book = book_with(DEAR, "anna", "bo")
    edit(book, ANNA, 0.6)
    assert refusal(book, ANNA) == "needs_reason"
    (first,) = approve(book, ANNA, "measured it twice")
    assert first.is_self_approved
    assert refusal(book, ANNA, text="sure") == "needs_second"
    decided, _ = approve(book, BO)
    assert not decided.is_self_approved
    what = [line.what for line in audit_lines(book.journal.stored)]
    assert what[-2:] == ["approved, first of two (their own version)", "approved, second to anna"]


def test_a_rejection_takes_one_person_even_after_a_first_approval() -> None:
    book = book_with()
    approve(book, ANNA)
    digest = book.state.proposals["p1"].proposal.digest
    about = (book.state, "p1", digest, "rejected", BO)
    book.write(*decide_proposal(*about, now=NOW, build_id="b1", reason="unsafe"))
    assert book.state.proposals["p1"].status == "rejected"


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"cost_EUR_above": 89.9}, "it costs 90.0 EUR, above 89.9 EUR"),
        ({"voltage_V_above": 4.1}, "its cells are charged to 4.20 V, above 4.10 V"),
        ({"temperature_C_above": 20}, "its cells are tested at 25.0 °C, above 20.0 °C"),
        ({"energy_Wh_above": 0.01}, "its cells store"),
        ({"outside_training_range": True}, "it may lie outside the range the model was trained in"),
    ],
)
def test_every_threshold_has_its_reason(limits: dict[str, float], words: str) -> None:
    book = book_with(TwoApprovers(**limits))
    (reason,) = reasons_for_two(book.campaign, book.state.proposals["p1"].proposal)
    assert reason.startswith(words)


@pytest.mark.parametrize(
    "limits",
    [
        {"cost_EUR_above": 90},
        {"voltage_V_above": 4.2},
        {"temperature_C_above": 25},
        {"energy_Wh_above": 5},
    ],
)
def test_at_a_threshold_one_is_enough(limits: dict[str, float]) -> None:
    book = book_with(TwoApprovers(**limits))
    assert reasons_for_two(book.campaign, book.state.proposals["p1"].proposal) == ()
    assert len(approve(book, ANNA)) == 2


def test_stored_energy_is_that_of_all_cells_together() -> None:
    # 3 coin cells of some 6.7 mAh at 3.7 V: 0.07 Wh; a request of 8 stores 8/3 of it
    book = book_with(TwoApprovers(energy_Wh_above=0.001))
    few = proposal_at(0.4, campaign=book.campaign)
    many = few.model_copy(update={"request": few.request.model_copy(update={"n_cells": 6})})
    stored = [float(reasons_for_two(book.campaign, one)[0].split()[3]) for one in (few, many)]
    assert stored[1] == pytest.approx(2 * stored[0], rel=0.01)


def test_what_is_inside_the_range_needs_one() -> None:
    book = book_with(TwoApprovers(outside_training_range=True))
    inside = book.state.proposals["p1"].proposal.model_copy(update={"is_inside_data": True})
    outside = inside.model_copy(update={"is_inside_data": False})
    assert reasons_for_two(book.campaign, inside) == ()
    (reason,) = reasons_for_two(book.campaign, outside)
    assert reason == "it lies outside the range the model was trained in"


def test_a_protocol_charged_higher_by_an_edit_is_held_to_the_threshold() -> None:
    book = book_with(TwoApprovers(voltage_V_above=4.25))
    plain = proposal_at(0.4, campaign=book.campaign)
    high = plain.request.model_copy(update={"protocol": protocol_of(maximum_V=4.3)})
    found = reasons_for_two(book.campaign, plain.model_copy(update={"request": high}))
    assert found == ("its cells are charged to 4.30 V, above 4.25 V",)


def test_two_names_are_needed_and_a_threshold_must_be_set() -> None:
    with pytest.raises(ValueError, match="at least two different names"):
        Approval(approvers=("anna",), two_approvers=DEAR)
    with pytest.raises(ValueError, match="sets no threshold; allowed: cost_EUR_above"):
        TwoApprovers()


def test_whoever_may_decide_sees_who_approved_and_why_a_second_is_needed() -> None:
    book = book_with()
    approve(book, ANNA)
    (waiting,) = needs_you([book.state], lambda _campaign, _action: True)
    assert waiting.words.startswith("anna approved; decide as the second about p1")
    (pending,) = pending_document(book.state).proposals
    assert pending.approved_by == "anna"
    assert pending.needs_two == ("it costs 90.0 EUR, above 50.0 EUR",)


def test_no_journal_may_hold_two_first_approvals_of_one_version() -> None:
    book = book_with()
    (first,) = approve(book, ANNA)
    with pytest.raises(InternalError, match="no such first approval"):
        book.write(first)


@pytest.mark.parametrize("lost", ["anna", "bo"])
def test_at_dispatch_both_must_still_be_allowed(lost: str) -> None:
    book = book_with()
    approve(book, ANNA)
    approve(book, BO)
    link = LabLink(INSTRUMENT, b"s", may_still=lambda who, _campaign: who != lost)
    found = link.refusal(book.state.builds["b1"], book.state, CAPABILITIES)
    assert found is not None
    assert (found.message, found.is_passing) == (f"{lost} may no longer approve here", False)
    fine = LabLink(INSTRUMENT, b"s")
    assert fine.refusal(book.state.builds["b1"], book.state, CAPABILITIES) is None


def test_at_dispatch_one_approval_is_not_enough_where_two_are_needed_by_now() -> None:
    book = book_with(TwoApprovers(cost_EUR_above=1000))
    approve(book, ANNA)
    stricter = book.campaign.approval.model_copy(update={"two_approvers": DEAR})
    state = replace(book.state, campaign=book.campaign.model_copy(update={"approval": stricter}))
    found = LabLink(INSTRUMENT, b"s").refusal(state.builds["b1"], state, CAPABILITIES)
    assert found is not None
    assert found.message.startswith("one person approved it and two are needed, because it costs")
    assert not found.is_passing


def test_whatever_people_do_and_in_whatever_order_a_build_stands_on_two_of_them() -> None:
    draw = random.Random(11)
    built = 0
    for _ in range(250):
        book = book_with(DEAR, "anna", "bo")
        said: set[tuple[str, str]] = set()
        for _ in range(8):
            by = draw.choice((ANNA, BO))
            digest = book.state.proposals["p1"].proposal.digest
            with contextlib.suppress(Rejected):
                if draw.random() < 0.25:
                    edit(book, by, draw.random())
                    continue
                approve(book, by, draw.choice(("", "I am sure")))
                said.add((by.name, digest))
            if book.state.builds:
                break
        for build in book.state.builds.values():
            built += 1
            digest = build.payload.request.digest
            assert {name for name, what in said if what == digest} == {"anna", "bo"}
    assert 50 < built < 250
