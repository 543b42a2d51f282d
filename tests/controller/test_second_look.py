"""What rejections teach: closer looks, designs nobody can make, and never a number."""

from __future__ import annotations

import numpy as np
import pytest

from agents.messages import Ask
from agents.surrogates.encoding import encoding_of
from agents.surrogates.success import learn_success
from controller.command_events import events_of
from controller.conversation import Conversation
from controller.decide import AskRanking, Dispatch, decide
from controller.decisions import decide_proposal
from controller.events import ComputeStarted
from controller.lessons import lessons, proposed_limits
from controller.second_look import rejected_as, second_looks
from experiments.budget import Budget
from experiments.proposal import RejectionReason
from tests.controller.build_doubles import NOW, Book, building_campaign, job_at, person
from tests.controller.doubles import FakeCompute, observe
from tests.controller.test_proposing import READY, ranked


def book_with(*, fine: int = 3) -> Book:
    found = Book(
        building_campaign(budget=Budget(evaluations={"coarse": 6, "fine": fine, "cell": 4}))
    )
    found.write(ComputeStarted(slots=2, versions={}, stage_versions={}))
    return found


def reject(book: Book, proposal_id: str, reason: RejectionReason) -> None:
    digest = book.state.proposals[proposal_id].proposal.digest
    events = decide_proposal(
        book.state,
        proposal_id,
        digest,
        "rejected",
        person(),
        now=NOW,
        build_id="b-9",
        reason=reason,
    )
    book.write(*events)


def looks(book: Book) -> list[Dispatch]:
    found = [one for one in decide(book.state, READY) if isinstance(one, Dispatch)]
    for one in found:
        book.write(*events_of(one))
    return found


def test_a_prediction_nobody_believed_is_simulated_once_more_at_the_finest_level() -> None:
    book = book_with()
    proposal = book.propose(0.3)
    reject(book, "p1", "dont_believe")
    (look,) = looks(book)
    assert look.job.fidelity == "fine"
    assert look.job.design == proposal.request.design
    assert look.candidate is not None
    assert look.candidate.reason == "p1 was not believed"
    assert looks(book) == []


def test_a_design_that_was_simulated_before_gets_another_random_structure() -> None:
    book = book_with()
    book.propose(0.3)
    (first, candidate) = next(iter(second_looks(rejected(book, "p1"))))
    book = book_with()
    plain = candidate.model_copy(update={"reason": "best expected"})
    book.write(*events_of(Dispatch(first, plain, 1)))
    book.propose(0.3)
    reject(book, "p1", "dont_believe")
    (look,) = looks(book)
    assert look.job.design == first.design
    assert look.job.seed != first.seed


def rejected(book: Book, proposal_id: str):
    reject(book, proposal_id, "dont_believe")
    return book.state


def test_what_is_looked_at_again_and_waits_in_the_backlog_is_dispatched_once() -> None:
    book = book_with()
    book.propose(0.3)
    ranked(book, (0.3, "fine"), (0.7, "coarse"))
    reject(book, "p1", "dont_believe")
    jobs = [look.job for look in looks(book)]
    assert len({job.id for job in jobs}) == len(jobs) == 2


def test_two_builds_of_one_design_get_a_look_each() -> None:
    book = book_with()
    book.propose(0.3)
    reject(book, "p1", "dont_believe")
    book.propose(0.3, "p2")
    reject(book, "p2", "dont_believe")
    found = looks(book)
    assert len({look.job.id for look in found}) == 2
    assert looks(book) == []


def test_a_second_look_keeps_to_the_budget() -> None:
    book = book_with(fine=0)
    book.propose(0.3)
    reject(book, "p1", "dont_believe")
    assert looks(book) == []


@pytest.mark.parametrize("reason", ["cannot_make", "unsafe", "not_now", "already_known"])
def test_other_reasons_ask_for_no_simulation_and_give_no_observation(reason) -> None:
    book = book_with()
    book.propose(0.3)
    reject(book, "p1", reason)
    assert looks(book) == []
    assert not book.state.observations


def test_the_decider_is_told_what_cannot_be_made() -> None:
    book = book_with()
    book.propose(0.3)
    book.propose(0.6, "p2")
    reject(book, "p1", "cannot_make")
    compute = FakeCompute()
    talk = Conversation(compute, lambda text: None)
    talk.ask(AskRanking({"coarse": 1}, 1), book.state)
    (asked,) = [message for message in compute.sent if isinstance(message, Ask)]
    assert asked.unmakeable == (job_at(0.3, book.campaign),)
    assert [one.proposal.id for one in rejected_as(book.state, "cannot_make")] == ["p1"]


def test_what_was_learned_is_told_in_words() -> None:
    book = book_with()
    for n, (unit, reason) in enumerate(
        [(0.3, "dont_believe"), (0.4, "cannot_make"), (0.5, "not_now"), (0.6, "already_known")], 1
    ):
        book.propose(unit, f"p{n}")
        reject(book, f"p{n}", reason)
    told = dict(lessons(book.state))
    assert told["p1"] == (
        "rejected by anna as dont_believe; it waits to be simulated once more at fine"
    )
    looks(book)
    assert "was sent to be simulated" in dict(lessons(book.state))["p1"]
    assert told["p2"].endswith("less likely to be proposed")
    assert told["p3"].endswith("not proposed again until 2026-01-08")
    assert "knowledge:" in told["p4"]


def test_an_unsafe_build_proposes_the_limit_that_bars_it_and_no_approved_one() -> None:
    book = book_with()
    book.propose(0.3)
    reject(book, "p1", "unsafe")
    assert proposed_limits(book.state, book.state.proposals["p1"]) == ()  # nothing to compare with
    for n, unit in ((2, 0.5), (3, 0.6)):
        proposal = book.propose(unit, f"p{n}")
        book.write(
            *decide_proposal(
                book.state,
                proposal.id,
                proposal.digest,
                "approved",
                person(),
                now=NOW,
                build_id=f"b-{n}",
            )
        )
    (limit,) = proposed_limits(book.state, book.state.proposals["p1"])
    assert limit == "porosity above 0.290 (approved so far: down to 0.350)"
    assert "set hard_limits in instruments.yaml" in dict(lessons(book.state))["p1"]
    book.propose(0.55, "p4")
    reject(book, "p4", "unsafe")
    assert proposed_limits(book.state, book.state.proposals["p4"]) == ()


def test_designs_near_one_that_cannot_be_made_are_less_likely_to_be_built() -> None:
    campaign = building_campaign()
    encoding = encoding_of(campaign.design)
    made = [observe(job_at(unit, campaign), 200.0) for unit in (0.05, 0.15, 0.25, 0.35)]
    refused = (job_at(0.9, campaign), job_at(0.95, campaign))
    model = learn_success(campaign, made, encoding, refused)
    rows = encoding.encode([campaign.design.from_unit([unit]) for unit in (0.2, 0.92)])
    near_made, near_refused = model.probability(rows, 0)
    assert near_refused < 0.5 < near_made
    assert np.all(learn_success(campaign, made, encoding).probability(rows, 0) > 0.5)
