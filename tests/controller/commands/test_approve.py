"""Deciding on the command line: a token, exactly one version, the same rules as everywhere."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from controller.cli import exit_status
from controller.clock import SystemClock
from controller.decisions import edit_proposal
from controller.events import CampaignStarted, Resumed
from controller.fold import fold
from controller.home import Home, HomeLock, make_home
from controller.journal import Journal, JournalReader
from controller.people import Role, open_people
from controller.proposal_events import OutcomeLost, Proposed, Submitting
from controller.state import State
from tests.controller.build_doubles import (
    CAMPAIGN,
    person,
    proposal_at,
    request_at,
)


class Desk:
    """A home with one proposal, and people with tokens."""

    def __init__(self, path: Path) -> None:
        self.clock = SystemClock()
        self.home: Home = make_home(path)
        self.write(CampaignStarted(campaign=CAMPAIGN, source="small.yaml", text=""), Resumed())
        self.proposal = proposal_at(0.4, now=self.clock.now())
        self.write(Proposed(proposal=self.proposal))
        people = open_people(path, self.clock)
        self.tokens = {}
        for name, role in (("anna", Role.approver), ("bo", Role.approver), ("carol", Role.viewer)):
            people.accounts.add(name, by="root")
            people.accounts.give_role(name, role, CAMPAIGN.name, by="root")
            self.tokens[name] = people.tokens.make(name, days=2, by="root").text
        people.close()

    def write(self, *events) -> None:
        lock = HomeLock(self.home)
        journal = Journal(self.home.journal, self.clock)
        journal.append(CAMPAIGN.name, list(events))
        journal.close()
        lock.release()

    @property
    def state(self) -> State:
        with JournalReader(self.home.journal) as journal:
            state = fold(journal.read(CAMPAIGN.name))
        assert state is not None
        return state

    @property
    def version(self) -> str:
        return f"p1@{self.state.proposals['p1'].proposal.digest[:12]}"

    def say(self, *words: str) -> int:
        return exit_status([*words, "--home", str(self.home.path)])


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    found = Desk(tmp_path / "home")
    monkeypatch.setenv("CELLWRIGHT_TOKEN", found.tokens["anna"])
    return found


def test_pending_shows_what_is_needed_to_decide(desk: Desk, capsys) -> None:
    assert desk.say("pending") == 0
    shown = capsys.readouterr().out
    assert "3 coin cells at bench, 90.0 EUR, 6.00 channel-days" in shown
    assert "specific energy 200 Wh/kg (192 to 208)" in shown
    assert f"cellwright approve {desk.version}" in shown
    assert "why         gain per price" in shown
    assert all(len(line) < 240 for line in shown.splitlines())


def test_pending_as_json_is_one_document(desk: Desk, capsys) -> None:
    assert desk.say("pending", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    (waiting,) = document["proposals"]
    assert waiting["name"] == desk.version
    assert waiting["proposal"]["request"]["n_cells"] == 3
    assert (document["builds"], document["left"]) == ([], 3)


def test_status_names_the_pending_approvals(desk: Desk, capsys) -> None:
    assert desk.say("status", "--json") == 0
    assert json.loads(capsys.readouterr().out)["pending_approvals"] == ["p1"]
    assert desk.say("status") == 0
    assert "decide      p1: cellwright pending small" in capsys.readouterr().out


def test_an_approval_needs_the_version_and_a_token_and_is_kept_with_the_person(
    desk: Desk, capsys
) -> None:
    assert desk.say("approve", desk.version, "--text", "go on") == 0
    assert "p1 is approved and becomes build b" in capsys.readouterr().out
    step = desk.state.proposals["p1"].last
    assert (step.by.person, step.by.sign_in, step.text) == ("anna", "personal token", "go on")
    (build,) = desk.state.builds.values()
    assert build.stage == "queued"
    assert desk.say("pending") == 0
    assert "p1, approved by anna: queued" in capsys.readouterr().out


def test_a_token_may_stand_in_a_file(desk: Desk, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("CELLWRIGHT_TOKEN")
    token = tmp_path / "token"
    token.write_text(desk.tokens["bo"] + "\n")
    words = ("--reason", "unsafe", "--token-file", str(token))
    assert desk.say("reject", desk.version, *words) == 0
    step = desk.state.proposals["p1"].last
    assert (step.kind, step.reason, step.by.person) == ("rejected", "unsafe", "bo")


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("", "deciding needs your personal token"),
        ("nonsense", "this token is not known here"),
        ("carol", "carol may not decide here; it takes a person: approver"),
    ],
)
def test_without_the_right_token_nothing_is_decided(
    desk: Desk, monkeypatch, capsys, token: str, said: str
) -> None:
    monkeypatch.setenv("CELLWRIGHT_TOKEN", desk.tokens.get(token, token))
    assert desk.say("approve", desk.version) == 2
    heard = capsys.readouterr().err
    assert said in heard
    assert heard.count("\n") == 1
    assert desk.state.proposals["p1"].status == "proposed"


def test_a_version_that_was_edited_meanwhile_is_refused(desk: Desk, capsys) -> None:
    seen = desk.version
    edited = edit_proposal(
        desk.state,
        "p1",
        desk.proposal.digest,
        request_at(0.6),
        person("bo"),
        now=desk.clock.now(),
    )
    desk.write(*edited)
    assert desk.say("approve", seen) == 2
    assert "p1 is at version 2" in capsys.readouterr().err
    assert desk.say("approve", desk.version) == 0


@pytest.mark.parametrize("name", ["p1", "p1@", "p1@xyz", "p9@1a2b3c4d", "--", "p1@" + "0" * 65])
def test_what_names_no_version_is_refused_in_one_line(desk: Desk, capsys, name: str) -> None:
    assert desk.say("approve", name) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_rejection_without_a_reason_is_refused(desk: Desk, capsys) -> None:
    assert desk.say("reject", desk.version) == 2
    assert "--reason" in capsys.readouterr().err


def test_an_approval_is_withdrawn_and_an_unknown_outcome_settled(desk: Desk, capsys) -> None:
    assert desk.say("approve", desk.version) == 0
    (build_id,) = desk.state.builds
    desk.write(Submitting(build_id=build_id, epoch=1))
    desk.write(OutcomeLost(build_id=build_id, reason="no answer", needs_person=True))
    assert desk.say("withdraw", "p1") == 2
    assert "abort it in the lab" in capsys.readouterr().err
    assert desk.say("settle", build_id, "not_accepted", "--text", "no such tray") == 0
    assert desk.say("withdraw", "p1") == 0
    assert desk.state.proposals["p1"].status == "withdrawn"


@pytest.mark.parametrize(
    "words",
    [
        ("settle", "a b", "accepted"),
        ("settle", "x" * 100, "accepted"),
        ("settle", "b1", "accepted", "--text", "x" * 2001),
        ("approve", "VERSION", "--text", "x" * 2001),
        ("reject", "VERSION", "--reason", "unsafe", "--text", "x" * 2001),
        ("withdraw", "p1", "--text", "x" * 2001),
    ],
)
def test_what_is_no_order_is_refused_in_one_line(desk: Desk, capsys, words) -> None:
    assert desk.say(*(desk.version if word == "VERSION" else word for word in words)) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith(("cellwright: build_id: ", "cellwright: text: ")), said
    assert desk.state.proposals["p1"].status == "proposed"


def test_an_edit_is_tried_and_then_asked_for(desk: Desk, capsys: pytest.CaptureFixture) -> None:
    words = ("edit", desk.version, "--set", "positive.porosity=0.41", "--cells", "4")
    assert desk.say(*words, "--try") == 0
    told = capsys.readouterr().out
    assert "cannot be scored now: nobody works on the campaign now" in told
    assert "120 EUR, 8.00 channel-days" in told
    assert desk.state.proposals["p1"].proposal.version == 1
    assert desk.say(*words, "--text", "easier to coat") == 0
    record = desk.state.proposals["p1"]
    assert record.proposal.version == 2
    assert record.proposal.request.recipe.positive.porosity == 0.41
    assert record.editor == "anna"


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("positive.porosity", "NAME=VALUE"),
        ("positive.colour=3", "allowed: positive.porosity"),
        ("positive.porosity=much", "is no number"),
        ("positive.porosity=0.9", "outside of the campaign's design space"),
    ],
)
def test_an_edit_that_cannot_be_is_one_line(
    desk: Desk, capsys: pytest.CaptureFixture, assignment: str, said: str
) -> None:
    assert desk.say("edit", desk.version, "--set", assignment) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.strip().splitlines()) == 1
    assert desk.state.proposals["p1"].proposal.version == 1


def test_an_approver_names_a_deputy_and_is_back(
    desk: Desk, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = f"{desk.clock.now() + timedelta(days=5):%Y-%m-%d}"
    for deputy, said in (
        ("Dora Smith", "there is nobody called 'Dora Smith'"),
        ("dora", "there is nobody called 'dora'"),
        ("carol", "carol cannot decide about small"),
    ):
        assert desk.say("deputy", "anna", "--by", deputy, "--until", day) == 2
        assert said in capsys.readouterr().err
    people = open_people(desk.home.path, desk.clock)
    people.accounts.add("dora", by="root")
    people.accounts.give_role("dora", Role.approver, CAMPAIGN.name, by="root")
    people.close()
    assert desk.say("deputy", "anna", "--by", "dora", "--until", day) == 0
    assert "dora decides in anna's stead" in capsys.readouterr().out
    assert desk.state.deputies["anna"].name == "dora"
    assert desk.say("deputy", "bo", "--by", "dora", "--until", day) == 2
    assert "an admin for others" in capsys.readouterr().err
    assert desk.say("deputy", "anna", "--by", "dora") == 2
    assert desk.say("deputy", "anna", "--back") == 0
    assert not desk.state.deputies


def test_an_approval_is_withdrawn_by_proposal_or_by_version(
    desk: Desk, capsys: pytest.CaptureFixture
) -> None:
    assert desk.say("approve", desk.version) == 0
    assert desk.say("withdraw", "p1@00000000") == 2
    assert "look at it again" in capsys.readouterr().err
    assert desk.say("withdraw", desk.version) == 0
    assert desk.state.proposals["p1"].status == "withdrawn"


def test_several_that_wait_stand_in_one_table(desk: Desk, capsys: pytest.CaptureFixture) -> None:
    assert desk.say("pending") == 0
    assert "approvals" not in capsys.readouterr().out
    desk.write(Proposed(proposal=proposal_at(0.6, "p2", now=desk.clock.now())))
    assert desk.say("pending") == 0
    head, first, second = capsys.readouterr().out.splitlines()[:3]
    assert head.split()[:2] == ["build", "predicted"]
    assert first.startswith("p1 ")
    assert second.startswith("p2 ")
    assert "needs one" in first
    assert "the end of" in second


def test_the_history_of_a_build_is_one_document(desk: Desk, capsys) -> None:
    assert desk.say("approve", desk.version) == 0
    capsys.readouterr()
    (build_id,) = desk.state.builds
    assert desk.say("export", CAMPAIGN.name, "--build", build_id) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["build_id"] == build_id
    assert [one["event"]["kind"] for one in document["history"]] == [
        "proposed",
        "decided",
        "build_queued",
    ]
    assert desk.say("export", CAMPAIGN.name, "--build", "b-none") == 2
    assert f"has no build 'b-none'; it has: {build_id}" in capsys.readouterr().err
