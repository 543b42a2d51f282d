"""Deputies by page and API, and several builds that wait side by side."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.controller.web.room import BASE, Room, opened_room
from tests.controller.web.test_approval import verdict


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Room]:
    with opened_room(tmp_path, n_proposals=2) as opened:
        yield opened


def until(desk: Room, days: int = 7) -> str:
    return f"{desk.clock.now() + timedelta(days=days):%Y-%m-%d}"


def name(desk: Room, who: str, **body: object):
    asked = {"person": "approver", "deputy": "unnamed", "until": until(desk), **body}
    return desk.client(who).post(f"/api/v1/campaigns/{desk.campaign}/deputies", json=asked)


def test_a_deputy_named_over_the_api_decides(desk: Room) -> None:
    assert verdict(desk, "unnamed").status_code == 403
    answer = name(desk, "approver", text="holiday")
    assert answer.status_code == 200, answer.text
    assert "need the approver's role" in answer.json()["message"]
    listed = desk.client("viewer").get(f"/api/v1/campaigns/{desk.campaign}/deputies").json()
    assert [(one["person"], one["deputy"]) for one in listed["items"]] == [("approver", "unnamed")]
    assert verdict(desk, "unnamed").status_code == 200
    by = desk.service.campaign(desk.campaign).state.proposals["p1"].last.by
    assert by is not None
    assert (by.person, by.deputy_for) == ("unnamed", "approver")


def test_what_makes_no_deputy_is_refused_in_words(desk: Room) -> None:
    for who, body, status in (
        ("second", {}, 403),
        ("approver", {"until": "soon"}, 422),
        ("approver", {"until": until(desk).replace("-", "")}, 422),
        ("approver", {"until": f"{desk.clock.now() + timedelta(days=7):%G-W%V-%u}"}, 422),
        ("approver", {"deputy": "viewer"}, 422),
        ("approver", {"deputy": "nobody-here"}, 422),
        ("approver", {"until": None}, 422),
        ("approver", {"until": until(desk, 90)}, 422),
        ("approver", {"until": "9999-12-31"}, 422),
        ("approver", {"until": "0001-01-01"}, 422),
        ("approver", {"deputy": "second"}, 403),
        ("approver", {"deputy": "Not A Name"}, 422),
    ):
        answer = name(desk, who, **body)
        assert (answer.status_code, bool(answer.json()["detail"])) == (status, True), answer.text
    assert not desk.service.campaign(desk.campaign).state.deputies


def test_the_page_names_a_deputy_and_takes_them_back(desk: Room) -> None:
    client = desk.signed_in("approver")
    page = f"/campaigns/{desk.campaign}/builds"
    csrf = client.get(page).text.split('name="csrf" value="')[1].split('"')[0]
    form = {"csrf": csrf, "person": "approver", "deputy": "unnamed", "until": until(desk)}
    post_to = f"/campaigns/{desk.campaign}/deputies"
    assert client.post(post_to, data=form, headers={"Origin": BASE}).status_code == 303
    assert "also unnamed)" in client.get(page).text
    back = {**form, "deputy": "", "until": ""}
    assert client.post(post_to, data=back, headers={"Origin": BASE}).status_code == 303
    assert "also unnamed)" not in client.get(page).text
    guessed = {**form, "csrf": "guessed"}
    assert client.post(post_to, data=guessed, headers={"Origin": BASE}).status_code == 403


def test_builds_that_wait_stand_side_by_side_with_what_each_takes(desk: Room) -> None:
    text = desk.signed_in("approver").get(f"/campaigns/{desk.campaign}/builds").text
    text = text.replace("\u00a0", " ")
    part = text.split('id="h-waiting"')[1].split("</section>")[0]
    assert part.count("/proposals/p") == 2
    for words in ("243 Wh/kg (235 to 251)", "81%", "3 cells, 9 channel-days, € 38.00", "needs one"):
        assert part.count(words) == 2
    assert "the end of" in part
    verdict(desk, "approver")
    text = desk.signed_in("approver").get(f"/campaigns/{desk.campaign}/builds").text
    assert text.split('id="h-waiting"')[1].split("</section>")[0].count("/proposals/p") == 1
