"""The typed client against the whole service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from controller.client import Client
from experiments.errors import Invalid, NotAllowed, NotSignedIn, Rejected, Unreachable
from tests.controller.web.room import Room, opened_room


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Room]:
    with opened_room(tmp_path, n_proposals=3) as opened:
        yield opened


def client(desk: Room, who: str) -> Client:
    return Client("", desk.tokens[who], http=desk.client())


def test_a_script_reads_a_campaign_and_decides_about_what_it_read(desk: Room) -> None:
    mine = client(desk, "approver")
    (line,) = mine.campaigns()
    state = desk.service.campaign(line.name).state
    assert [one.job.id for one in mine.observations(line.name)] == list(state.observations)
    assert mine.status(line.name).position == state.position
    job = next(iter(state.observations))
    assert mine.trace(line.name, job).job_id == job
    first, second, third = mine.proposals(line.name)
    assert "becomes build" in mine.approve(line.name, first, text="for Tuesday")
    assert "rejected" in mine.reject(line.name, second, "not_now")
    with pytest.raises(Rejected, match="was approved"):
        mine.reject(line.name, first, "unsafe")
    assert mine.proposal(line.name, third.id).status == "proposed"
    assert "withdrawn" in mine.withdraw(line.name, first)
    assert [one.what for one in mine.audit(line.name)] == ["approved", "rejected", "withdrawn"]


def test_a_script_edits_and_follows_a_build_under_the_rules_of_the_pages(desk: Room) -> None:
    mine, other = client(desk, "second"), client(desk, "approver")
    (name,) = [one.name for one in mine.campaigns()]
    seen = mine.proposal(name, "p1")
    thickness_um = float(seen.proposal.request.design.values["positive.thickness_um"])
    assert mine.edit(name, seen, {"positive.thickness_um": thickness_um - 1.0}, text="thinner")
    edited = mine.proposal(name, "p1")
    assert (edited.version, edited.digest == seen.digest) == (2, False)
    with pytest.raises(NotAllowed, match="another approves"):
        mine.approve(name, edited, text="mine")
    with pytest.raises(Rejected):
        other.approve(name, seen)
    other.approve(name, edited)
    (build,) = other.builds(name)
    assert (build.stage, build.proposal_id, build.needs_person) == ("queued", "p1", False)
    with pytest.raises(Rejected):
        other.settle(name, build.id, "accepted", text="there is no doubt to settle")


def test_orders_are_given_by_name(desk: Room) -> None:
    assert "paused" in client(desk, "operator").order(desk.campaign, "pause", reason="oven")
    pause = desk.service.campaign(desk.campaign).state.pause
    assert pause is not None
    assert (pause.by, pause.reason) == ("operator", "oven")


def test_refusals_are_errors_of_ours(desk: Room) -> None:
    with pytest.raises(NotSignedIn, match="revoked"):
        client(desk, "revoked").campaigns()
    with pytest.raises(NotAllowed, match="may not operate"):
        client(desk, "viewer").order(desk.campaign, "abort")
    with pytest.raises(Invalid, match="no such campaign"):
        client(desk, "admin").status("nothing")
    with pytest.raises(Invalid, match=r"campaign\.yaml"):
        client(desk, "admin").start("name: x")


def test_a_service_that_is_not_there_is_told_of_as_such() -> None:
    with Client("http://127.0.0.1:9", "x") as nobody, pytest.raises(Unreachable):
        nobody.campaigns()


def test_an_answer_that_is_no_json_is_told_of_as_such() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(502, text="<html>"))
    http = httpx.Client(base_url="http://x", transport=transport)
    with pytest.raises(Unreachable, match="502 in no JSON"):
        Client("", "x", http=http).campaigns()


def test_a_script_tries_an_edit_and_then_asks_for_it(desk: Room) -> None:
    mine = client(desk, "operator")
    shown = mine.proposal(desk.campaign, "p1")
    values = {"positive.porosity": 0.31}
    found = mine.try_edit(desk.campaign, shown, values, n_cells=4)
    assert "cannot be scored now: nobody works on the campaign" in found.words
    assert (found.proposal.version, found.proposal.channel_days) == (2, 12.0)
    assert mine.proposal(desk.campaign, "p1").version == 1
    with pytest.raises(Invalid, match="max_cells"):
        mine.try_edit(desk.campaign, shown, values, n_cells=9)
    assert "version 2" in mine.edit(desk.campaign, shown, values, n_cells=4, text="the blade")
    with pytest.raises(Rejected, match="look at it again"):
        mine.edit(desk.campaign, shown, values)
