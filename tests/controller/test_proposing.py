"""What is decided about builds: people are asked in time, and machines never wait for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from controller.command_events import events_of
from controller.decide import AskRanking, Dispatch, Situation, decide
from controller.decisions import edit_proposal
from controller.events import ComputeStarted, Observed, Ranked
from controller.proposal_events import BuildQueued, Submitting
from controller.proposer import Proposer
from controller.proposing import ApproveByPolicy, Expire, LabMoment, Propose
from experiments.approval import Approval
from experiments.budget import Budget
from experiments.errors import Invalid
from experiments.observation import FailureKind
from experiments.ranking import Candidate, Ranking
from tests.controller.build_doubles import NOW, Book, building_campaign, job_at, person, request_at
from tests.controller.doubles import ManualClock, observe
from tests.controller.test_decisions import approve
from tests.instruments.a_build import CAPABILITIES

OPEN = LabMoment(now=NOW, is_open=True)
READY = Situation(n_slots=2, lab=OPEN)


def ranked(book: Book, *picks: tuple[float, str]) -> None:
    candidates = tuple(
        Candidate(design=book.campaign.design.from_unit([unit]), fidelity=level, reason="r")
        for unit, level in picks
    )
    ranking = Ranking(
        position=book.state.position, decider="d", decider_version="1", candidates=candidates
    )
    book.write(
        Ranked(
            ranking=ranking,
            n_observed=len(book.state.observations),
            n_dispatched=len(book.state.dispatches),
            n_proposal_steps=book.state.n_proposal_steps,
        )
    )


class Monday(ManualClock):
    def now(self) -> datetime:
        return NOW


@pytest.fixture
def book() -> Book:
    found = Book()
    found.write(ComputeStarted(slots=2, versions={}, stage_versions={}))
    return found


def proposer(told=CAPABILITIES) -> Proposer:
    found = Proposer(Monday(), new_id=lambda: "b-1")
    found.learn(told)
    return found


def kinds(commands) -> list[str]:
    return [type(command).__name__ for command in commands]


def test_a_candidate_to_be_built_is_proposed_and_never_sent_to_compute(book: Book) -> None:
    ranked(book, (0.1, "cell"), (0.2, "coarse"), (0.3, "fine"))
    commands = decide(book.state, READY)
    assert [c.job.fidelity for c in commands if isinstance(c, Dispatch)] == ["coarse", "fine"]
    (asked,) = [c for c in commands if isinstance(c, Propose)]
    assert asked.job.id == job_at(0.1).id
    assert [one.fidelity for one in asked.alternatives] == ["coarse", "fine"]


def test_as_many_builds_as_may_be_are_asked_for_at_once(book: Book) -> None:
    ranked(book, (0.1, "cell"), (0.2, "cell"), (0.3, "cell"))
    carrier = proposer()
    while (command := decide(book.state, READY)[-1:]) and isinstance(command[0], Propose):
        book.write(*carrier.events_of(command[0], book.state))
    assert list(book.state.proposals) == ["p1", "p2"]
    assert list(book.state.backlog) == [job_at(0.3).id]


def test_what_an_edit_asks_for_is_planned_no_more(book: Book) -> None:
    book.propose(0.1)
    ranked(book, (0.3, "cell"))
    assert [c.job.id for c in decide(book.state, READY) if isinstance(c, Propose)]
    digest = book.state.proposals["p1"].proposal.digest
    book.write(*edit_proposal(book.state, "p1", digest, request_at(0.3), person("bo"), now=NOW))
    assert not book.state.backlog
    assert "Propose" not in kinds(decide(book.state, READY))


def test_a_planned_job_that_a_proposal_has_is_not_proposed_again(book: Book) -> None:
    ranked(book, (0.3, "cell"))
    planned = book.state.backlog
    book.propose(0.3)
    both = replace(book.state, backlog=planned)
    assert "Propose" not in kinds(decide(both, READY))


def test_cheap_levels_go_on_while_people_sleep(book: Book) -> None:
    book.propose(0.1)
    book.propose(0.2, "p2")
    ranked(book, (0.3, "cell"), (0.4, "coarse"))
    commands = decide(book.state, READY)
    assert kinds(commands)[0] == "Dispatch"
    (question,) = [c for c in commands if isinstance(c, AskRanking)]
    assert question.left["cell"] == 0
    assert question.left["coarse"] > 0


def test_without_a_lab_nothing_is_proposed(book: Book) -> None:
    ranked(book, (0.1, "cell"))
    for lab in (None, replace(OPEN, is_open=False)):
        commands = decide(book.state, replace(READY, lab=lab))
        assert "Propose" not in kinds(commands)


def test_a_campaign_does_not_end_while_a_decision_or_a_build_is_awaited() -> None:
    book = Book(building_campaign(budget=Budget(evaluations={"cell": 1})))
    book.write(ComputeStarted(slots=2, versions={}, stage_versions={}))
    book.propose(0.1)
    ranked(book)
    assert decide(book.state, READY) == ()
    approve(book, person())
    ranked(book)
    assert decide(book.state, READY) == ()


def test_a_proposal_that_lapsed_expires_and_its_evaluation_is_free_again(book: Book) -> None:
    book.propose(0.1)
    late = replace(OPEN, now=NOW + timedelta(days=30))
    (command,) = decide(book.state, replace(READY, lab=late))
    assert command == Expire("p1")


def test_the_policy_approves_only_for_a_lab_that_is_simulated() -> None:
    book = Book(building_campaign(approval=Approval(policy="approve_simulated")))
    book.write(ComputeStarted(slots=2, versions={}, stage_versions={}))
    book.propose(0.1)
    assert "ApproveByPolicy" not in kinds(decide(book.state, READY))
    simulated = replace(READY, lab=replace(OPEN, is_simulated=True))
    command = decide(book.state, simulated)[-1]
    assert command == ApproveByPolicy("p1")
    events = proposer().events_of(command, book.state)
    assert isinstance(events[1], BuildQueued)


def test_open_proposals_hold_back_cells_and_money() -> None:
    budget = Budget(evaluations={"coarse": 6, "cell": 4}, cells=5)
    book = Book(building_campaign(budget=budget))
    book.write(ComputeStarted(slots=2, versions={}, stage_versions={}))
    ranked(book, (0.1, "cell"), (0.2, "cell"))
    assert "Propose" in kinds(decide(book.state, READY))
    book.propose(0.1)
    assert "Propose" not in kinds(decide(book.state, READY))


def test_what_the_lab_cannot_make_is_no_proposal_but_a_known_constraint(book: Book) -> None:
    told = CAPABILITIES.model_copy(update={"max_cells": 2})
    command = Propose(
        job_at(0.1), Candidate(design=job_at(0.1).design, fidelity="cell", reason="r"), 1
    )
    book.write(*proposer(told).events_of(command, book.state))
    (observation,) = book.state.observations.values()
    assert observation.failure.kind is FailureKind.infeasible_recipe
    assert "max_cells: 3 cells; allowed: at most 2 cells" in observation.failure.message


def test_without_material_a_build_is_not_proposed_until_there_is_some(book: Book) -> None:
    ranked(book, (0.1, "cell"))
    carrier = proposer(CAPABILITIES.model_copy(update={"stock": {"cells": 2.0}}))
    command = decide(book.state, replace(READY, lab=carrier.moment()))[-1]
    assert carrier.events_of(command, book.state) == []
    assert "Propose" not in kinds(decide(book.state, replace(READY, lab=carrier.moment())))
    carrier.learn(CAPABILITIES)
    assert "Propose" in kinds(decide(book.state, replace(READY, lab=carrier.moment())))


def test_a_proposal_says_all_it_rests_on(book: Book) -> None:
    book.propose(0.9, "p1")
    ranked(book, (0.1, "cell"), (0.2, "cell"), (0.3, "fine"))
    command = decide(book.state, READY)[-1]
    (event,) = proposer().events_of(command, book.state)
    proposal = event.proposal
    assert proposal.digest == proposal.request.digest
    assert proposal.proposed == ("p1",)
    assert proposal.request.model_version == "d 1"
    assert proposal.instrument == "bench"
    assert len(proposal.request.protocol.method) == 3 * 4


def test_builds_under_way_count_as_pending_and_are_not_asked_for_again(book: Book) -> None:
    book.propose(0.1)
    approve(book, person())
    book.write(Submitting(build_id="b1", epoch=1))
    ranked(book, (0.1, "cell"), (0.2, "fine"))
    assert job_at(0.1).id not in book.state.backlog
    assert not book.state.in_flight
    assert decide(book.state, READY)[0].job.fidelity == "fine"


def test_an_observation_of_another_level_leaves_proposals_as_they_are(book: Book) -> None:
    book.propose(0.1)
    ranked(book, (0.2, "fine"))
    dispatch = decide(book.state, READY)[0]
    book.write(*events_of(dispatch))
    book.write(Observed(observation=observe(dispatch.job)))
    assert [one.proposal.id for one in book.state.open_proposals] == ["p1"]


def test_a_fault_that_is_not_the_designs_is_held_against_no_design(book: Book, monkeypatch) -> None:
    def faulty(*_: object, **__: object) -> None:
        raise Invalid("the parameter set cannot be read")

    monkeypatch.setattr("controller.proposer.build_request", faulty)
    ranked(book, (0.1, "cell"))
    carrier = proposer()
    command = decide(book.state, READY)[-1]
    assert carrier.events_of(command, book.state) == []
    assert carrier.moment().unmakeable == {job_at(0.1).id}
