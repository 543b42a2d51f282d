"""The log's lines about proposals and builds say who did what."""

from __future__ import annotations

from controller.decisions import decide_proposal
from controller.event_words import event_words
from controller.proposal_events import BuildRunning, OutcomeLost, Proposed, Submitted
from tests.controller.build_doubles import Book, person


def test_a_decision_names_who_made_it_and_why() -> None:
    book = Book()
    proposal = book.propose(0.4)
    assert event_words(Proposed(proposal=proposal)).startswith("p1: porosity 0.")
    digest, anna = proposal.digest, person("anna")
    about = (book.state, "p1", digest)
    (rejected,) = decide_proposal(
        *about, "rejected", anna, now=book.now, build_id="b1", reason="not_now", text="Tuesday"
    )
    assert event_words(rejected) == "p1 rejected by anna: not now Tuesday"
    approved, queued = decide_proposal(*about, "approved", anna, now=book.now, build_id="b1")
    assert event_words(approved) == "p1 approved by anna"
    assert event_words(queued) == "p1 becomes build b1, for bench"


def test_a_build_s_way_is_told_from_station_to_station() -> None:
    assert event_words(Submitted(build_id="b1")) == "the instrument has b1"
    assert event_words(BuildRunning(build_id="b1", station="coater")) == "b1 at coater"
    assert event_words(OutcomeLost(build_id="b1", reason="silence")) == "b1: silence"
