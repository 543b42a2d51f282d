"""The link to a campaign's lab asks the home's people again before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.clock import SystemClock
from controller.decisions import decide_proposal
from controller.home import make_home
from controller.lab_opening import open_lab
from controller.people import Role, open_people
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
