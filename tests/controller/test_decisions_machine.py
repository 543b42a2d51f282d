"""Every interleaving of approve, reject, edit, expire and withdraw hypothesis can think of."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from controller.decisions import (
    decide_proposal,
    edit_proposal,
    expire_proposal,
    withdraw_proposal,
)
from controller.events import decode_event, encode_event
from controller.fold import fold
from controller.proposal_events import Decided, Submitting
from experiments.errors import Rejected
from tests.controller.build_doubles import Book, person, request_at

PEOPLE = st.sampled_from([person("anna"), person("bo"), person("carol")])
PROPOSALS = st.sampled_from(["p1", "p2", "p3"])
REASONS = {"unknown_proposal", "stale", "decided", "expired", "not_allowed", "too_late"}


class DecisionMachine(RuleBasedStateMachine):
    """People act on what they saw last, which may be old by now."""

    @initialize()
    def begin(self) -> None:
        self.book = Book()
        self.seen: dict[tuple[str, str], str] = {}
        self.n_builds = 0
        self.refusals: set[str] = set()
        for n, unit in enumerate((0.1, 0.2), start=1):
            self.book.propose(unit, f"p{n}")

    @rule(proposal=PROPOSALS, by=PEOPLE)
    def look(self, proposal: str, by) -> None:
        record = self.book.state.proposals.get(proposal)
        if record is not None:
            self.seen[by.name, proposal] = record.proposal.digest

    @rule(proposal=PROPOSALS, by=PEOPLE, is_approval=st.booleans())
    def decide(self, proposal: str, by, is_approval: bool) -> None:
        digest = self.seen.get((by.name, proposal), "never looked")
        self.n_builds += 1
        said = {} if is_approval else {"reason": "unsafe"}
        self.act(
            lambda: decide_proposal(
                self.book.state,
                proposal,
                digest,
                "approved" if is_approval else "rejected",
                by,
                now=self.book.now,
                build_id=f"b{self.n_builds}",
                **said,
            )
        )

    @rule(proposal=PROPOSALS, by=PEOPLE, unit=st.sampled_from([0.3, 0.5, 0.7]))
    def edit(self, proposal: str, by, unit: float) -> None:
        digest = self.seen.get((by.name, proposal), "never looked")
        request = request_at(unit)
        if request.digest == digest:
            return
        self.act(
            lambda: edit_proposal(self.book.state, proposal, digest, request, by, now=self.book.now)
        )

    @rule(proposal=PROPOSALS, by=PEOPLE)
    def withdraw(self, proposal: str, by) -> None:
        digest = self.seen.get((by.name, proposal), "never looked")
        self.act(
            lambda: withdraw_proposal(self.book.state, proposal, digest, by, now=self.book.now)
        )

    @rule(days=st.sampled_from([0.5, 8.0]))
    def wait(self, days: float) -> None:
        self.book.wait(days)
        for proposal in tuple(self.book.state.proposals):
            self.book.write(*expire_proposal(self.book.state, proposal, now=self.book.now))

    @rule()
    def send(self) -> None:
        for build in self.book.state.open_builds:
            if build.stage == "queued":
                self.book.write(Submitting(build_id=build.build.id, epoch=1))
                return

    def act(self, call) -> None:
        try:
            events = call()
        except Rejected as error:
            self.refusals.add(str(error.evidence["reason"]))
            return
        self.book.write(*events)

    @invariant()
    def every_version_has_at_most_one_decision_on_its_own_digest(self) -> None:
        if not hasattr(self, "book"):
            return
        made: dict[tuple[str, int], str] = {}
        decided: Counter[tuple[str, int]] = Counter()
        for recorded in self.book.journal.stored:
            event = recorded.event
            proposal = getattr(event, "proposal", None)
            if proposal is not None:
                made[proposal.id, proposal.version] = proposal.digest
            if isinstance(event, Decided):
                decided[event.proposal_id, event.version] += 1
                assert event.digest == made[event.proposal_id, event.version]
        assert set(decided.values()) <= {1}

    @invariant()
    def every_build_stands_on_an_approval_of_exactly_what_is_built(self) -> None:
        if not hasattr(self, "book"):
            return
        state = self.book.state
        for build in state.builds.values():
            record = state.proposals[build.payload.decision.proposal_id]
            approved = [step for step in record.steps if step.kind == "approved"]
            assert len(approved) == 1
            assert approved[0].digest == build.payload.request.digest
            assert approved[0].by.person == build.payload.decision.person
            assert build.payload.decision.person in state.campaign.approval.approvers
        assert sum(one.build_id is not None for one in state.proposals.values()) == len(
            state.builds
        )

    def teardown(self) -> None:
        if hasattr(self, "book"):
            assert self.refusals <= REASONS
            stored = self.book.journal.stored
            assert fold(stored) == self.book.state
            last = stored[-1]
            assert decode_event(encode_event(last.event), last.position) == last.event


class Everything(DecisionMachine):
    """The same, for longer."""


def _settings(n: int) -> settings:
    return settings(
        max_examples=n,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


TestDecisions = DecisionMachine.TestCase
TestDecisions.settings = _settings(60)
TestAThousandInterleavings = pytest.mark.slow(Everything.TestCase)
TestAThousandInterleavings.settings = _settings(1000)
