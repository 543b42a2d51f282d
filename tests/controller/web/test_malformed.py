"""Bodies that no client should send: every one is answered, in words, and by no 5xx."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from controller.people.sessions import csrf_token
from controller.web.app import API, PAGES, V1
from controller.web.body import MAX_BYTES
from tests.controller.web.room import BASE, Room, opened_room

BODIES = [
    b"",
    b"NaN",
    b'{"kind": NaN}',
    b'{"kind": "pause", "reason": -Infinity}',
    b'{"kind": 1e400}',
    b'{"kind": ' + b"9" * 5000 + b"}",
    b'{"kind": "pause", "reason": "\\ud800"}',
    b'{"\\udfff": 1}',
    b'{"kind": "\xff\xfe"}',
    b"\xef\xbb\xbf{}",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"[" * 500 + b"]" * 500,
    b"{" + b'"a":1,' * 20_000 + b'"a":1}',
    b'"' + b"x" * (MAX_BYTES - 2) + b'"',
    b"x" * (MAX_BYTES + 1),
    b"\x00" * 1000,
    b'{"kind": "pause", "kind": "abort", "extra": 1}',
    b"null",
    b"0",
    b'{"kind": null}',
    b'{"yaml": "a: &a [*a]"}',
    b'{"yaml": "' + b"- " * 40_000 + b'"}',
    b'{"yaml": "!!python/object/apply:os.system [ls]"}',
    b'{"yaml": "a: [' + b"&b [*b," * 3 + b']"}',
    b'{"yaml": "\\u0000"}',
    b'{"yaml": "' + b"[" * 90_000 + b'"}',
]
TARGETS = ("/api/v1/campaigns", "/api/v1/campaigns/check", "/api/v1/campaigns/{campaign}/orders")
CHANGES = [V1 + path for method, path, *_ in API if method == "POST"]
FORMS = [path for method, path, *_ in PAGES if method == "POST"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with opened_room(tmp_path_factory.mktemp("desk"), n_proposals=1) as opened:
        yield opened


def who_may(target: str) -> str:
    return "approver" if "{proposal}" in target or "{build}" in target else "admin"


def test_every_route_that_changes_something_is_among_the_targets() -> None:
    assert set(TARGETS) < set(CHANGES)
    assert {path.rpartition("/")[2] for path in CHANGES} >= {"decision", "edit", "settlement"}
    assert {path.rpartition("/")[2] for path in FORMS} >= {"decision", "edit", "settlement"}


@pytest.mark.parametrize("n", range(len(BODIES)))
@pytest.mark.parametrize("target", CHANGES)
def test_a_body_that_is_no_order_is_refused_in_words(desk: Room, target: str, n: int) -> None:
    answer = desk.client(who_may(target)).post(
        target.format(campaign=desk.campaign, proposal="p1", build="b1"),
        content=BODIES[n],
        headers={"Content-Type": "application/json", "If-Match": f'"{"0" * 64}"'},
    )
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 10_000
    assert json.loads(answer.content)["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"a=%",
        b"a=%ff&b=%00",
        b"&" * 500,
        b"kind",
        b"a=1&" * 300,
        b"\xff=\xfe",
        b"csrf=%ed%a0%80",
    ],
)
def test_a_form_that_is_none_is_refused(desk: Room, body: bytes) -> None:
    for form in FORMS:
        client = desk.signed_in(who_may(form))
        path = form.format(campaign=desk.campaign, proposal="p1", build="b1")
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": BASE}
        answer = client.post(path, content=body, headers=headers)
        assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("build", ["a b", "b" * 65, "%00", "b1%0a", "é", "-", "b1;ls"])
@pytest.mark.parametrize("text", ["", "x" * 2001])
def test_a_settlement_of_no_build_is_refused(desk: Room, build: str, text: str) -> None:
    client = desk.signed_in("approver")
    form = {"csrf": csrf_token(client.cookies["cellwright"]), "outcome": "accepted", "text": text}
    path = f"/campaigns/{desk.campaign}/builds/{build}/settlement"
    answer = client.post(path, data=form, headers={"Origin": BASE})
    assert 400 <= answer.status_code < 500, answer.text


@pytest.mark.parametrize("what", ["decision", "edit", "withdrawal"])
def test_words_without_end_decide_nothing(desk: Room, what: str) -> None:
    client = desk.signed_in("approver")
    form = {
        "csrf": csrf_token(client.cookies["cellwright"]),
        "digest": "0" * 64,
        "verdict": "approved",
        "n_cells": "3",
        "text": "x" * 2001,
    }
    path = f"/campaigns/{desk.campaign}/proposals/p1/{what}"
    answer = client.post(path, data=form, headers={"Origin": BASE})
    assert answer.status_code == 422
    assert "at most 2000" in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=501",
        "limit=x",
        "after=-1",
        "after=1e400",
        "after=" + "9" * 400,
        "limit=%ff",
    ],
)
def test_a_page_that_cannot_be_asked_for_is_refused(room: Room, query: str) -> None:
    answer = room.client("admin").get(f"/api/v1/campaigns/{room.campaign}/observations?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_endless_address_and_many_headers_are_refused(room: Room) -> None:
    assert room.client("admin").get("/" + "x" * 5000).status_code == 414


@pytest.mark.parametrize("value", ["Basic x", "Bearer", "Bearer  ", "Bearer \xff", "x" * 5000])
def test_credentials_that_are_none_let_nobody_in(room: Room, value: str) -> None:
    headers = {"Authorization": value.encode("latin-1")}
    assert room.client().get("/api/v1/me", headers=headers).status_code == 401
