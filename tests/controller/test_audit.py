from __future__ import annotations

from controller.audit import audit_lines
from controller.decisions import decide_proposal
from controller.events import Corrected, Event, Paused, Retracted
from tests.controller.build_doubles import NOW, Book, person

ENERGY = "specific_energy_Wh_per_kg"


def lines(book: Book) -> list[tuple[str | None, str, str, str]]:
    return [
        (one.person, one.what, one.subject, one.text) for one in audit_lines(book.journal.stored)
    ]


def test_a_decision_is_told_with_its_digest_reason_and_place_in_the_chain() -> None:
    book = Book()
    proposal = book.propose(0.3)
    book.write(
        *decide_proposal(
            book.state,
            "p1",
            proposal.digest,
            "rejected",
            person(),
            now=NOW,
            build_id="b-1",
            reason="unsafe",
            text="too thick",
        )
    )
    (line,) = audit_lines(book.journal.stored)
    assert (line.person, line.what, line.subject) == ("anna", "rejected", "p1 version 1")
    assert (line.digest, line.reason, line.text) == (proposal.digest, "unsafe", "too thick")
    assert line.position == book.journal.stored[-1].position
    assert line.sign_in == "personal token"


def test_results_that_people_changed_are_told_with_the_job_and_the_value() -> None:
    book = Book()
    told: list[Event] = [
        Retracted(job_id="a1", by="anna", reason="wrong foil"),
        Corrected(job_id="b2", metric=ENERGY, value=231.25, by="bo", reason="unit"),
        Paused(by="anna", reason="oven"),
    ]
    stored = book.journal.append("small", told)
    found = [(one.person, one.what, one.subject) for one in audit_lines(stored)]
    assert found == [
        ("anna", "retracted a result", "job a1"),
        ("bo", f"corrected {ENERGY} to 231.25", "job b2"),
        ("anna", "paused", "small"),
    ]


def test_what_machines_did_is_not_in_it() -> None:
    book = Book()
    book.propose(0.3)
    assert lines(book) == []
