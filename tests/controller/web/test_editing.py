"""An edit is shown with all that follows from it before it is asked for, by page and API."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.control_socket import control_socket
from controller.home import Home
from controller.inbox import Inbox
from controller.order import BUSY, Refused
from tests.controller import proposed_campaign
from tests.controller.web.room import BASE, Room, opened_room
from tests.controller.web.test_approval import digest_of, page_form, path_of

UNSCORED = "annot be scored now: nobody works on the campaign now"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Room]:
    with opened_room(tmp_path, n_proposals=1) as opened:
        yield opened


def version_of(desk: Room) -> int:
    desk.service.follower.catch_up()
    return desk.service.campaign(desk.campaign).state.proposals["p1"].proposal.version


def typed(desk: Room, client, **changed: str) -> dict[str, str]:
    design = desk.service.campaign(desk.campaign).state.proposals["p1"].proposal.request.design
    texts = {name: f"{value:.6g}" for name, value in design.values.items()}
    return {**page_form(client, desk, "p1", "edit"), **texts, "n_cells": "3", **changed}


def post(desk: Room, client, form: dict[str, str], **headers: str):
    path = f"/campaigns/{desk.campaign}/proposals/p1/trial"
    return client.post(path, data=form, headers={"Origin": BASE, **headers})


def test_a_trial_is_a_part_of_the_page_and_stores_nothing(desk: Room) -> None:
    client = desk.signed_in("operator")
    form = typed(desk, client, n_cells="4", **{"positive.porosity": "0.31"})
    answer = post(desk, client, form, **{"HX-Request": "true"})
    assert answer.status_code == 200
    assert UNSCORED in answer.text
    assert "4 cells · 12 channel-days" in answer.text
    assert "Nothing is stored yet" in answer.text
    assert "<html" not in answer.text
    assert version_of(desk) == 1


def test_without_a_script_the_whole_page_comes_back_with_what_was_typed(desk: Room) -> None:
    client = desk.signed_in("operator")
    answer = post(desk, client, typed(desk, client, **{"positive.porosity": "0.31"}))
    assert answer.status_code == 200
    assert UNSCORED in answer.text
    assert 'name="positive.porosity" value="0.31"' in answer.text
    assert '<details id="editing" open>' in answer.text
    assert version_of(desk) == 1


def test_a_trial_beyond_the_limits_names_the_limit(desk: Room) -> None:
    client = desk.signed_in("operator")
    for headers in ({}, {"HX-Request": "true"}):
        answer = post(desk, client, typed(desk, client, n_cells="9"), **headers)
        assert "max_cells: 9 cells; allowed: at most 8 cells" in answer.text
    asked = {"values": {}, "n_cells": 9}
    match = {"If-Match": f'"{digest_of(desk)}"'}
    for kind in ("edit", "trial"):
        refused = desk.client("operator").post(f"{path_of(desk)}/{kind}", json=asked, headers=match)
        assert refused.status_code in (403, 409, 422)
        assert "bench cannot make it: max_cells" in refused.json()["detail"]
    assert version_of(desk) == 1


def test_a_trial_of_a_form_of_another_site_is_refused(desk: Room) -> None:
    client = desk.signed_in("operator")
    form = typed(desk, client)
    assert post(desk, client, {**form, "csrf": "guessed"}).status_code == 403
    assert post(desk, client, form, Origin="https://elsewhere.example").status_code == 403


def test_the_api_tries_an_edit_and_tells_everything(desk: Room) -> None:
    asked = {"values": {"positive.porosity": 0.31}}
    match = {"If-Match": f'"{digest_of(desk)}"'}
    answer = desk.client("operator").post(path_of(desk) + "/trial", json=asked, headers=match)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert UNSCORED in document["words"]
    assert document["proposal"]["version"] == 2
    assert document["proposal"]["told"]["max_cells"] == 8
    assert version_of(desk) == 1
    stale = {"If-Match": f'"{"0" * 64}"'}
    again = desk.client("operator").post(path_of(desk) + "/trial", json=asked, headers=stale)
    assert again.status_code == 412


def test_an_edit_that_was_tried_can_be_asked_for(desk: Room) -> None:
    client = desk.signed_in("operator")
    form = typed(desk, client, **{"positive.porosity": "0.31"})
    post(desk, client, form)
    path = f"/campaigns/{desk.campaign}/proposals/p1/edit"
    assert client.post(path, data=form, headers={"Origin": BASE}).status_code == 303
    assert version_of(desk) == 2
    assert UNSCORED in client.get(f"/campaigns/{desk.campaign}/proposals/p1").text


@contextlib.contextmanager
def busy_control(home: Home) -> Iterator[None]:
    """Listen at a home's socket as a control does, and refuse everything as too much."""
    begun, ended, inbox = threading.Event(), threading.Event(), Inbox()

    async def listen() -> None:
        async with control_socket(home, inbox):
            begun.set()
            while not ended.is_set():
                for waiting in inbox.take():
                    waiting.answer(Refused(message="busy: try again", reason=BUSY))
                await asyncio.sleep(0.005)

    control = threading.Thread(target=asyncio.run, args=(listen(),))
    control.start()
    try:
        assert begun.wait(10)
        yield
    finally:
        ended.set()
        control.join()


def test_where_too_many_edits_wait_one_is_told_when_to_try_again(desk: Room) -> None:
    client = desk.signed_in("operator")
    form = typed(desk, client, **{"positive.porosity": "0.31"})
    asked = {"values": {"positive.porosity": 0.31}}
    match = {"If-Match": f'"{digest_of(desk)}"'}
    with busy_control(desk.service.home):
        for kind in ("trial", "edit"):
            path = f"{path_of(desk)}/{kind}"
            refused = desk.client("operator").post(path, json=asked, headers=match)
            assert refused.status_code == 503
            assert int(refused.headers["Retry-After"]) > 0
            assert refused.json()["detail"] == "busy: try again"
        part = post(desk, client, form, **{"HX-Request": "true"})
        whole = post(desk, client, form)
    assert "busy: try again" in part.text
    assert "busy: try again" in whole.text
    assert 'name="positive.porosity" value="0.31"' in whole.text
    assert version_of(desk) == 1


def test_the_page_says_who_approved_and_that_a_second_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = "expires_after_working_days: 5, two_approvers: {cost_EUR_above: 30}"
    level = proposed_campaign.LEVEL.replace("expires_after_working_days: 5", rule)
    monkeypatch.setattr(proposed_campaign, "LEVEL", level)
    with opened_room(tmp_path, n_proposals=1) as desk:
        page = f"/campaigns/{desk.campaign}/proposals/p1"
        first, second = desk.signed_in("approver"), desk.signed_in("second")
        assert "Two different approvers are needed" in first.get(page).text
        form = {**page_form(first, desk, "p1"), "text": "the blade is set"}
        post_to = f"{page}/decision"
        assert first.post(post_to, data=form, headers={"Origin": BASE}).status_code == 303
        shown = second.get(page).text
        assert "Approved by approver" in shown
        assert "A second approver is needed, because it costs 38.0 EUR, above 30.0 EUR" in shown
        assert first.post(post_to, data=form, headers={"Origin": BASE}).status_code == 403
        desk.service.follower.catch_up()
        assert not desk.service.campaign(desk.campaign).state.builds
        form = page_form(second, desk, "p1")
        assert second.post(post_to, data=form, headers={"Origin": BASE}).status_code == 303
        assert len(desk.service.campaign(desk.campaign).state.builds) == 1
