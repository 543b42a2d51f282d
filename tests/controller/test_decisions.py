from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from controller.decisions import (
    approve_by_policy,
    decide_proposal,
    edit_proposal,
    expire_proposal,
    withdraw_proposal,
)
from controller.people.person import Method, Role
from controller.proposal_events import (
    Edited,
    NotSubmitted,
    OutcomeLost,
    Signatory,
    Submitted,
    Submitting,
)
from controller.settling import settle_build
from experiments.approval import Approval
from experiments.errors import InternalError, Rejected
from tests.controller.build_doubles import (
    NOW,
    Book,
    building_campaign,
    person,
    reason_of,
    request_at,
)

ANNA, BO = person("anna"), person("bo")


def refusal(call, *args, **kwargs) -> str:
    with pytest.raises(Rejected) as caught:
        call(*args, **kwargs)
    return reason_of(caught.value)


@pytest.fixture
def book() -> Book:
    found = Book()
    found.propose(0.4)
    return found


def approve(book: Book, by=ANNA, build_id: str = "b1", **said):
    digest = book.state.proposals["p1"].proposal.digest
    events = decide_proposal(
        book.state, "p1", digest, "approved", by, now=book.now, build_id=build_id, **said
    )
    book.write(*events)
    return events


def test_an_approval_and_the_build_in_the_outbox_are_one_step(book: Book) -> None:
    decided, queued = approve(book)
    build = book.state.builds["b1"]
    assert build.stage == "queued"
    assert build.payload.request.digest == decided.digest == book.state.proposals["p1"].last.digest
    assert queued.build.payload_sha256 == queued.payload.sha256
    assert book.state.n_dispatched == {"cell": 1}
    assert build.job_id in book.state.dispatches
    assert not book.state.in_flight


def test_a_second_decision_is_refused_whoever_gives_it(book: Book) -> None:
    approve(book)
    assert refusal(approve, book, BO, "b2") == "decided"
    assert list(book.state.builds) == ["b1"]


def test_a_decision_on_what_was_edited_meanwhile_is_stale(book: Book) -> None:
    seen = book.state.proposals["p1"].proposal.digest
    book.write(*edit_proposal(book.state, "p1", seen, request_at(0.6), BO, now=NOW))
    verdict = (book.state, "p1", seen, "approved", ANNA)
    assert refusal(decide_proposal, *verdict, now=NOW, build_id="b1") == "stale"


def test_an_edit_names_what_it_changes_and_claims_nothing_of_the_new_design(book: Book) -> None:
    seen = book.state.proposals["p1"].proposal
    (edited,) = edit_proposal(book.state, "p1", seen.digest, request_at(0.6), BO, now=NOW)
    assert set(edited.diff) == {"design.values.positive.porosity", "recipe.positive.porosity"}
    assert edited.proposal.version == 2
    assert edited.proposal.predicted == {}
    assert edited.proposal.job.id != seen.job.id


def test_an_edit_that_changes_nothing_is_refused(book: Book) -> None:
    seen = book.state.proposals["p1"].proposal
    edit = (book.state, "p1", seen.digest, seen.request, BO)
    assert refusal(edit_proposal, *edit, now=NOW) == "nothing_changed"


def test_who_edited_cannot_approve_alone_where_another_can(book: Book) -> None:
    seen = book.state.proposals["p1"].proposal.digest
    book.write(*edit_proposal(book.state, "p1", seen, request_at(0.6), ANNA, now=NOW))
    assert refusal(approve, book, ANNA, text="I am sure") == "not_allowed"
    approve(book, BO)


def test_who_edited_any_version_does_not_approve_a_later_one() -> None:
    book = Book(building_campaign(approval=Approval(approvers=("anna", "bo", "carol"))))
    book.propose(0.4)
    for by, unit in ((ANNA, 0.6), (BO, 0.5)):
        seen = book.state.proposals["p1"].proposal.digest
        book.write(*edit_proposal(book.state, "p1", seen, request_at(unit), by, now=NOW))
    assert book.state.proposals["p1"].editors == {"anna", "bo"}
    for by in (ANNA, BO):
        assert refusal(approve, book, by, text="I am sure") == "not_allowed"
    approve(book, person("carol"))


def test_a_single_approver_may_approve_an_own_version_with_a_reason() -> None:
    book = Book(building_campaign(approval=Approval(approvers=("anna",))))
    seen = book.propose(0.4).digest
    book.write(*edit_proposal(book.state, "p1", seen, request_at(0.6), ANNA, now=NOW))
    assert refusal(approve, book, ANNA) == "needs_reason"
    decided, _ = approve(book, ANNA, text="nobody else is here this week")
    assert decided.is_self_approved


@pytest.mark.parametrize(
    "by",
    [
        person("anna", Role.viewer),
        person("anna", Role.operator),
        person("anna", Role.admin),
        person("carol"),
        person("anna", method=Method.service),
        person("anna").model_copy(update={"is_service": True}),
        person("anna").model_copy(update={"is_disabled": True}),
        person("anna").model_copy(update={"method": None}),
        person("anna").model_copy(update={"roles": {"another": frozenset({Role.approver})}}),
    ],
)
def test_nobody_but_the_campaigns_approvers_decides(book: Book, by) -> None:
    assert refusal(approve, book, by) == "not_allowed"


def test_a_rejection_needs_a_reason_and_builds_nothing(book: Book) -> None:
    digest = book.state.proposals["p1"].proposal.digest
    verdict = (book.state, "p1", digest, "rejected", ANNA)
    assert refusal(decide_proposal, *verdict, now=NOW, build_id="b1") == "needs_reason"
    book.write(
        *decide_proposal(*verdict, now=NOW, build_id="b1", reason="cannot_make", text="too thick")
    )
    assert book.state.proposals["p1"].status == "rejected"
    assert not book.state.builds
    assert not book.state.n_dispatched


def test_a_proposal_expires_after_working_days_and_is_never_approved_by_it(book: Book) -> None:
    assert expire_proposal(book.state, "p1", now=NOW + timedelta(days=6)) == ()
    late = NOW + timedelta(days=8)
    digest = book.state.proposals["p1"].proposal.digest
    verdict = (book.state, "p1", digest, "approved", ANNA)
    assert refusal(decide_proposal, *verdict, now=late, build_id="b1") == "expired"
    book.write(*expire_proposal(book.state, "p1", now=late))
    assert book.state.proposals["p1"].status == "expired"
    assert expire_proposal(book.state, "p1", now=late) == ()


def test_an_approval_is_withdrawn_until_the_order_is_sent(book: Book) -> None:
    approve(book)
    digest = book.state.proposals["p1"].proposal.digest
    withdraw = (book.state, "p1", digest, BO)
    events = withdraw_proposal(*withdraw, now=NOW)
    book.write(Submitting(build_id="b1", epoch=1))
    assert refusal(withdraw_proposal, book.state, "p1", digest, BO, now=NOW) == "too_late"
    with pytest.raises(InternalError):
        book.write(*events)
    book.write(NotSubmitted(build_id="b1", reason="no connection"))
    book.write(*withdraw_proposal(book.state, "p1", digest, BO, now=NOW))
    assert book.state.proposals["p1"].status == "withdrawn"
    assert book.state.builds["b1"].has_ended
    assert book.state.n_dispatched == {"cell": 0}


def test_only_a_person_settles_an_outcome_that_nobody_knows(book: Book) -> None:
    approve(book)
    assert refusal(settle_build, book.state, "b1", "accepted", ANNA, now=NOW) == "decided"
    book.write(Submitting(build_id="b1", epoch=1))
    book.write(OutcomeLost(build_id="b1", reason="no answer", needs_person=True))
    assert refusal(
        settle_build, book.state, "b1", "accepted", person("anna", Role.viewer), now=NOW
    ) == ("not_allowed")
    book.write(*settle_build(book.state, "b1", "not_accepted", ANNA, now=NOW, text="I looked"))
    assert book.state.builds["b1"].stage == "queued"


def test_a_build_that_is_given_up_ends_as_a_failure_with_the_persons_words(book: Book) -> None:
    approve(book)
    book.write(Submitting(build_id="b1", epoch=1))
    book.write(OutcomeLost(build_id="b1", reason="no answer", needs_person=True))
    book.write(*settle_build(book.state, "b1", "given_up", ANNA, now=NOW, text="the oven burned"))
    (observation,) = book.state.observations.values()
    assert observation.failure.message == "given up by anna: the oven burned"
    assert book.state.builds["b1"].stage == "failed"


def test_a_build_goes_only_from_stage_to_next_stage(book: Book) -> None:
    approve(book)
    with pytest.raises(InternalError, match="from queued to submitted"):
        book.write(Submitted(build_id="b1"))


def test_the_policy_approves_only_where_the_campaign_has_it(book: Book) -> None:
    assert refusal(approve_by_policy, book.state, "p1", now=NOW, build_id="b1") == "not_allowed"
    automatic = Book(building_campaign(approval=Approval(policy="approve_simulated")))
    automatic.propose(0.4)
    decided, _ = approve_by_policy(automatic.state, "p1", now=NOW, build_id="b1")
    assert decided.by.sign_in == "policy"


def test_an_edit_takes_no_job_that_another_proposal_asks_for(book: Book) -> None:
    book.propose(0.6, "p2")
    seen = book.state.proposals["p1"].proposal.digest
    edit = (book.state, "p1", seen, request_at(0.6), BO)
    assert refusal(edit_proposal, *edit, now=NOW) == "decided"


def test_of_two_proposals_of_one_job_only_one_is_approved(book: Book) -> None:
    """As they may stand in a journal of before edits were held against open proposals."""
    book.propose(0.6, "p2")
    mine, theirs = (book.state.proposals[name].proposal for name in ("p1", "p2"))
    changed = {"version": 2, "job": theirs.job, "request": theirs.request, "digest": theirs.digest}
    both = Edited(
        proposal=mine.model_copy(update=changed),
        by=Signatory(person="bo", roles=("approver",), sign_in="token"),
        at=NOW.isoformat(),
        diff={},
    )
    book.write(both)
    assert refusal(approve, book) == "decided"
    digest = theirs.digest
    verdict = (book.state, "p1", digest, "rejected", ANNA)
    book.write(*decide_proposal(*verdict, now=NOW, build_id="b1", reason="not_now"))
    book.write(*decide_proposal(book.state, "p2", digest, "approved", BO, now=NOW, build_id="b2"))
    assert list(book.state.builds) == ["b2"]


@pytest.mark.parametrize("is_cooled", [False, True])
def test_an_edit_revives_no_build_that_was_rejected_while_that_counts(
    book: Book, is_cooled: bool
) -> None:
    digest = book.state.proposals["p1"].proposal.digest
    about = (book.state, "p1", digest, "rejected", BO)
    book.write(*decide_proposal(*about, now=book.now, build_id="b", reason="not_now"))
    rejected_at = datetime.fromisoformat(book.state.proposals["p1"].last.at)
    shown = book.propose(0.7, "p2")
    wanted = (book.state, "p2", shown.digest, request_at(0.4), ANNA)
    if is_cooled:
        assert edit_proposal(*wanted, now=rejected_at + timedelta(days=8))
        return
    with pytest.raises(Rejected, match="rejected as p1 by bo: not_now"):
        edit_proposal(*wanted, now=rejected_at + timedelta(days=1))
