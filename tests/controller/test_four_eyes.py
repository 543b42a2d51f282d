"""Above what a campaign sets, two different people approve one digest; nobody does it alone."""

from __future__ import annotations

import contextlib
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.audit import audit_lines
from controller.decisions import decide_proposal, edit_proposal
from controller.deputies import name_deputy
from controller.lab_link import LabLink
from controller.needs_you import needs_you
from controller.pending_document import pending_document
from controller.people.person import Person, Role
from controller.proposal_events import BuildQueued, Decided, FirstApproved, Signatory
from experiments.approval import Approval
from experiments.build import Build, BuildPayload, DecisionReference
from experiments.errors import InternalError, Rejected
from experiments.two_approvers import TwoApprovers
from tests.controller.build_doubles import (
    NOW,
    Book,
    building_campaign,
    person,
    reason_of,
    request_at,
)
from tests.instruments.a_build import CAPABILITIES

ANNA, BO, CAROL, DORA = (person(name) for name in ("anna", "bo", "carol", "dora"))
ROOT = person("root", Role.admin)
DEPUTIES = ("carol", "dora", None)
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


def name(book: Book, approver: str, deputy: str | None) -> None:
    """Have somebody decide in an approver's stead; None: nobody any more."""
    until = None if deputy is None else NOW.date() + timedelta(days=4)
    book.write(*name_deputy(book.state, approver, deputy, until, ROOT, now=NOW))


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


def test_two_names_are_needed_and_a_threshold_must_be_set() -> None:
    with pytest.raises(ValueError, match="at least two different names"):
        Approval(approvers=("anna",), two_approvers=DEAR)
    with pytest.raises(ValueError, match="sets no threshold; allowed: cost_EUR_above"):
        TwoApprovers()


def test_whoever_may_decide_sees_who_approved_and_why_a_second_is_needed() -> None:
    book = book_with()
    approve(book, ANNA)
    (waiting,) = needs_you([book.state], BO, NOW)
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
    assert found.message == (
        "two approvers are needed, because it costs 90.0 EUR, above 50.0 EUR: "
        "anna approved p1 already; a second has to"
    )
    assert not found.is_passing


def test_one_person_is_not_two_in_whoever_s_stead() -> None:
    book = book_with(DEAR, "anna", "bo")
    name(book, "bo", "carol")
    approve(book, CAROL)
    name(book, "bo", None)
    name(book, "anna", "carol")
    assert refusal(book, CAROL) == "needs_second"
    assert refusal(book, BO) == "needs_second"  # carol's word was his
    name(book, "anna", None)
    approve(book, ANNA)
    assert book.state.builds


def test_two_who_both_made_versions_are_not_enough() -> None:
    book = book_with()
    edit(book, ANNA, 0.6)
    edit(book, BO, 0.5)
    approve(book, ANNA, "measured it twice")
    assert refusal(book, BO, text="so did I") == "needs_second"
    decided, _ = approve(book, CAROL)
    assert not decided.is_self_approved


def stood_on(book: Book, first: Signatory, second: Signatory) -> str:
    """Write two approvals as no present rule lets them; return why the build is not sent."""
    proposal = book.state.proposals["p1"].proposal
    about = {"proposal_id": "p1", "version": proposal.version, "digest": proposal.digest}
    told = {**about, "at": NOW.isoformat(), "because": ("it costs 90.0 EUR",)}
    named = DecisionReference(proposal_id="p1", digest=proposal.digest, person=second.person)
    payload = BuildPayload(request=proposal.request, decision=named)
    of = {"proposal_id": "p1", "n_cells": proposal.request.n_cells}
    build = Build(id="b1", payload_sha256=payload.sha256, **of)
    book.write(
        FirstApproved(**told, by=first),
        Decided(**told, by=second, beside=first, verdict="approved"),
        BuildQueued(proposal_id="p1", build=build, payload=payload, instrument="bench"),
    )
    found = LabLink(INSTRUMENT, b"s").refusal(book.state.builds["b1"], book.state, CAPABILITIES)
    return "" if found is None else found.message


def signed(who: str, stead: str | None = None) -> Signatory:
    return Signatory(person=who, roles=("approver",), sign_in="token", deputy_for=stead)


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (signed("dora", "bo"), signed("dora", "anna"), "dora approved p1 already"),
        (signed("dora", "bo"), signed("bo"), "dora approved p1 already"),
        (signed("dora", "bo"), signed("emil", "bo"), "dora approved p1 already"),
        (signed("dora", "bo"), signed("emil", "anna"), ""),
        (signed("anna"), signed("bo"), ""),
    ],
)
def test_at_dispatch_the_two_share_neither_person_nor_voice(
    first: Signatory, second: Signatory, why: str
) -> None:
    found = stood_on(book_with(), first, second)
    assert (why in found) if why else found == ""


def test_at_dispatch_one_of_the_two_must_have_made_no_version() -> None:
    book = book_with()
    edit(book, ANNA, 0.6)
    edit(book, BO, 0.4)
    found = stood_on(book, signed("anna"), signed("bo"))
    assert found.endswith("anna and bo both made versions of p1; one who made none has to approve")


def test_whatever_people_do_and_in_whatever_order_a_build_stands_on_two_of_them() -> None:
    """Approvals, edits and deputies that come and go, judged by what is noted here alone."""
    draw = random.Random(11)
    built = by_deputies = 0
    for _ in range(400):
        book = book_with(DEAR, "anna", "bo")
        stands_in: dict[str, str] = {}
        said: list[tuple[str, str, str]] = []
        makers: set[str] = set()
        for _ in range(12):
            by = draw.choice((ANNA, BO, CAROL, DORA))
            digest = book.state.proposals["p1"].proposal.digest
            voice = stands_in.get(by.name, by.name)
            with contextlib.suppress(Rejected):
                if (what := draw.random()) < 0.12:
                    edit(book, by, draw.random())
                    makers |= {by.name, voice}
                elif what < 0.45:
                    approver, deputy = draw.choice(("anna", "bo")), draw.choice(DEPUTIES)
                    name(book, approver, deputy)
                    stands_in = {one: who for one, who in stands_in.items() if who != approver}
                    stands_in |= {} if deputy is None else {deputy: approver}
                else:
                    approve(book, by, draw.choice(("", "I am sure")))
                    said.append((by.name, voice, digest))
            if book.state.builds:
                break
        for build in book.state.builds.values():
            built += 1
            of_it = [one[:2] for one in said if one[2] == build.payload.request.digest]
            assert len(of_it) == 2
            by_deputies += any(who != voice for who, voice in of_it)
            assert not set(of_it[0]) & set(of_it[1])
            assert {voice for _, voice in of_it} == {"anna", "bo"}
            assert not all(makers & set(one) for one in of_it)
    assert 50 < built < 400
    assert by_deputies > 20
