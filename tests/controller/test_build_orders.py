"""Orders about builds, given to a journal by several people at once and in every order."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from controller.build_orders import Decide, Edit, Occasion, Settle, Withdraw, occasion
from controller.clock import SystemClock
from controller.decisions import expire_proposal
from controller.obey import obey
from controller.order import Order, decode_order, encode_line, giver, refused
from controller.people.person import Method, Role
from controller.proposal_events import BuildQueued, Decided, OutcomeLost, Submitting
from controller.proposer import Proposer
from experiments.approval import Approval
from experiments.errors import DiskFull, InternalError, Rejected
from tests.controller.build_doubles import CAMPAIGN, Book, building_campaign, person, request_at

NAME = CAMPAIGN.name
STEPS = ["look", "approve", "approve", "reject", "edit", "expire", "wait", "wait"]


def give(book: Book, order: Order, build_id: str = "b1") -> str:
    at = Occasion(book.now, build_id)
    found = obey(order, book.state, "root", has_session=True, at=at)
    book.write(*found.events)
    return found.words


def decide(book: Book, verdict: str, name: str = "anna", **more: object) -> Decide:
    digest = book.state.proposals["p1"].proposal.digest
    values = {"campaign": NAME, "proposal_id": "p1", "digest": digest, "verdict": verdict}
    return Decide.model_validate({**values, "by": person(name), **more})


@pytest.fixture
def book() -> Book:
    made = Book()
    made.propose(0.4)
    return made


def test_an_approval_is_told_with_the_build_it_becomes(book: Book) -> None:
    assert give(book, decide(book, "approved")) == "p1 is approved and becomes build b1"
    assert book.state.proposals["p1"].last.by.person == "anna"


def test_a_rejection_keeps_its_reason_and_text(book: Book) -> None:
    give(book, decide(book, "rejected", reason="unsafe", text="too close to the limit"))
    step = book.state.proposals["p1"].last
    assert (step.reason, step.text) == ("unsafe", "too close to the limit")


def test_an_edit_a_withdrawal_and_a_settlement_are_orders_too(book: Book) -> None:
    digest = book.state.proposals["p1"].proposal.digest
    about = {"campaign": NAME, "proposal_id": "p1"}
    edit = Edit(**about, digest=digest, request=request_at(0.6), by=person("bo"))
    assert "version 2" in give(book, edit)
    give(book, decide(book, "approved"))
    now = book.state.proposals["p1"].proposal.digest
    give(book, Withdraw(**about, digest=now, by=person("anna")))
    assert book.state.builds["b1"].stage == "withdrawn"
    book.propose(0.8, "p2")
    second = book.state.proposals["p2"].proposal.digest
    give(book, decide(book, "approved", proposal_id="p2", digest=second), "b2")
    book.write(Submitting(build_id="b2", epoch=1))
    book.write(OutcomeLost(build_id="b2", reason="silence", needs_person=True))
    give(book, Settle(campaign=NAME, build_id="b2", outcome="accepted", by=person("anna")))
    assert book.state.builds["b2"].stage == "submitted"


def test_an_order_crosses_the_socket_with_the_person_who_gave_it(book: Book) -> None:
    order = decide(book, "approved")
    back = decode_order(encode_line(order))
    assert back == order
    assert giver(back, "root") == "anna"


def test_a_service_s_token_decides_nothing_whatever_it_says_of_its_roles(book: Book) -> None:
    robot = person("anna", *Role, method=Method.service)
    with pytest.raises(Rejected, match="may not decide"):
        give(book, decide(book, "approved", by=robot))


def test_a_refusal_goes_back_with_its_reason_and_other_errors_go_on(book: Book) -> None:
    stale = decide(book, "approved", digest="0" * 64)
    with pytest.raises(Rejected) as caught:
        give(book, stale)
    assert refused(caught.value).reason == "stale"
    assert refused(DiskFull("no room")).reason == ""
    with pytest.raises(Rejected, match="damaged"):
        refused(Rejected("damaged at position 7", position=7))


def test_an_order_about_builds_needs_a_time(book: Book) -> None:
    with pytest.raises(InternalError):
        obey(decide(book, "approved"), book.state, "root", has_session=True)


def test_a_thousand_times_people_race_and_exactly_one_decision_counts() -> None:
    """Approve, reject, edit and expire interleaved; each acts on what it saw some time ago."""
    draw = random.Random(1)
    ends: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    campaign = building_campaign(approval=Approval(approvers=("anna", "bo", "cy")))
    for _ in range(1000):
        book = Book(campaign)
        book.propose(0.4)
        seen = dict.fromkeys(("anna", "bo", "cy"), book.state.proposals["p1"].proposal.digest)
        before = len(book.journal.stored)
        for n in range(draw.randrange(3, 12)):
            who = draw.choice(list(seen))
            match draw.choice(
                ["look", "approve", "approve", "reject", "edit", "expire", "wait", "wait"]
            ):
                case "look":
                    seen[who] = book.state.proposals["p1"].proposal.digest
                    continue
                case "wait":
                    book.wait(draw.random() * 12)
                    continue
                case "expire":
                    book.write(*expire_proposal(book.state, "p1", now=book.now))
                    continue
                case "edit":
                    request = request_at(draw.random(), campaign)
                    about = {"campaign": NAME, "proposal_id": "p1", "digest": seen[who]}
                    order: Order = Edit(**about, request=request, by=person(who))
                case kind:
                    verdict = {"approve": "approved", "reject": "rejected"}[kind]
                    order = decide(
                        book, verdict, who, digest=seen[who], reason="not_now", text="because"
                    )
            try:
                give(book, order, f"b{n}")
            except Rejected as error:
                refusals[error.reason] += 1
        events = [one.event for one in book.journal.stored[before:]]
        decisions = [one for one in events if isinstance(one, Decided)]
        queued = [one for one in events if isinstance(one, BuildQueued)]
        record = book.state.proposals["p1"]
        n_ends = len(decisions) + sum(one.kind == "expired" for one in events)
        assert n_ends <= 1
        assert all(one.digest == record.proposal.digest for one in decisions)
        assert [one.payload.request.digest for one in queued] == [
            one.digest for one in decisions if one.verdict == "approved"
        ]
        ends[record.status] += 1
    assert min(ends[one] for one in ("approved", "rejected", "expired", "proposed")) > 20, ends
    assert set(refusals) == {"stale", "decided", "expired", "not_allowed"}


def test_a_build_has_an_id_of_one_kind_whoever_approved_it() -> None:
    clock = SystemClock()
    given = {occasion(clock).build_id for _ in range(5)} | {Proposer(clock)._new_id()}
    assert len(given) == 6
    assert all(re.fullmatch(r"b-[0-9a-f]{16}", one) for one in given)
