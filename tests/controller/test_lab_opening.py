"""The link to a campaign's lab asks the home's people again before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.clock import SystemClock
from controller.decisions import decide_proposal
from controller.home import make_home
from controller.lab_opening import open_lab
from controller.people import Role, open_people
from experiments.two_approvers import TwoApprovers
from tests.controller.build_doubles import CAMPAIGN, Book
from tests.controller.test_lab import write_instruments
from tests.instruments.a_build import CAPABILITIES


@pytest.mark.parametrize("which", ["the approval's", "another", "none"])
def test_an_approval_whose_token_was_revoked_is_not_sent(tmp_path: Path, which: str) -> None:
    home, clock = make_home(tmp_path), SystemClock()
    write_instruments(tmp_path)
    (tmp_path / "secret").write_text("0123456789abcdef" * 4)
    (tmp_path / "secret").chmod(0o600)
    book = Book()
    digest = book.propose(0.4).digest
    people = open_people(tmp_path, clock)
    people.accounts.add("anna", by="root")
    people.accounts.give_role("anna", Role.approver, CAMPAIGN.name, by="root")
    made = people.tokens.make("anna", days=2, by="root")
    other = people.tokens.make("anna", days=2, by="root")
    anna = people.authenticate_token(made.text)
    book.write(
        *decide_proposal(book.state, "p1", digest, "approved", anna, now=book.now, build_id="b1")
    )
    assert book.state.proposals["p1"].last.by.token_id == made.record.id
    link = open_lab(home, CAMPAIGN, clock, print)._link
    build = book.state.builds["b1"]
    assert link.refusal(build, book.state, CAPABILITIES) is None
    if which != "none":
        revoked = made if which == "the approval's" else other
        people.tokens.revoke(revoked.record.id, by="root")
    refusal = link.refusal(build, book.state, CAPABILITIES)
    people.close()
    if which == "the approval's":
        assert not refusal.is_passing
        assert f"token {made.record.id}, which anna approved with, was revoked" in refusal.message
    else:
        assert refusal is None
    link.parser.close()


def test_the_token_of_the_first_of_two_approvals_must_still_count_too(tmp_path: Path) -> None:
    home, clock = make_home(tmp_path), SystemClock()
    write_instruments(tmp_path)
    (tmp_path / "secret").write_text("0123456789abcdef" * 4)
    (tmp_path / "secret").chmod(0o600)
    limits = TwoApprovers(cost_EUR_above=1)
    approval = CAMPAIGN.approval.model_copy(update={"two_approvers": limits})
    book = Book(CAMPAIGN.model_copy(update={"approval": approval}))
    digest = book.propose(0.4).digest
    people = open_people(tmp_path, clock)
    tokens = {}
    for name in ("anna", "bo"):
        people.accounts.add(name, by="root")
        people.accounts.give_role(name, Role.approver, CAMPAIGN.name, by="root")
        tokens[name] = people.tokens.make(name, days=2, by="root")
        who = people.authenticate_token(tokens[name].text)
        about = (book.state, "p1", digest, "approved", who)
        book.write(*decide_proposal(*about, now=book.now, build_id="b1"))
    link = open_lab(home, book.campaign, clock, print)._link
    build = book.state.builds["b1"]
    assert link.refusal(build, book.state, CAPABILITIES) is None
    people.tokens.revoke(tokens["anna"].record.id, by="root")
    refusal = link.refusal(build, book.state, CAPABILITIES)
    people.close()
    link.parser.close()
    assert "which anna approved with, was revoked" in refusal.message
    assert not refusal.is_passing
