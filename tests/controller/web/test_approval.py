"""A person decides, by the API and by the page: exactly what was shown, once, or not at all."""

from __future__ import annotations

import asyncio
import random
import re
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from controller import audit_trail
from controller.audit_trail import Audit
from controller.build_orders import Edit
from controller.journal import JournalReader
from controller.operate import operate
from controller.people.sessions import csrf_token
from experiments.errors import CellwrightError
from tests.controller.web.room import BASE, Room, opened_room


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Room]:
    with opened_room(tmp_path, n_proposals=3) as opened:
        yield opened


def path_of(desk: Room, proposal: str = "p1") -> str:
    return f"/api/v1/campaigns/{desk.campaign}/proposals/{proposal}"


def digest_of(desk: Room, proposal: str = "p1") -> str:
    return desk.service.campaign(desk.campaign).state.proposals[proposal].proposal.digest


def verdict(desk: Room, who: str, proposal: str = "p1", digest: str | None = None, **body: object):
    tag = f'"{digest or digest_of(desk, proposal)}"'
    return desk.client(who).post(
        path_of(desk, proposal) + "/decision",
        json={"verdict": "approved", **body},
        headers={"If-Match": tag},
    )


def edited(desk: Room, by: str, n_cells: int = 5) -> None:
    """Change what would be built, as a person who may."""
    record = desk.service.campaign(desk.campaign).state.proposals["p1"]
    request = record.proposal.request.model_copy(update={"n_cells": n_cells})
    person = desk.service.people.authenticate_token(desk.tokens[by])
    about = {"campaign": desk.campaign, "proposal_id": "p1", "digest": record.proposal.digest}
    operate(desk.service.home, Edit(**about, request=request, by=person, text="five are better"))
    desk.service.follower.catch_up()


def test_an_approval_names_what_was_looked_at_and_becomes_a_build(desk: Room) -> None:
    shown = desk.client("approver").get(path_of(desk))
    assert shown.headers["etag"] == f'"{shown.json()["digest"]}"'
    answer = verdict(desk, "approver", text="for Tuesday")
    assert answer.status_code == 200, answer.text
    (build,) = (
        desk.client("viewer").get(f"/api/v1/campaigns/{desk.campaign}/builds").json()["items"]
    )
    assert (build["stage"], build["proposal_id"]) == ("queued", "p1")
    record = desk.service.campaign(desk.campaign).state.proposals["p1"]
    assert record.last.by is not None
    assert record.last.by.person == "approver"
    assert record.last.by.sign_in == "personal token"


def test_without_if_match_nothing_is_decided(desk: Room) -> None:
    for headers in ({}, {"If-Match": "*"}, {"If-Match": digest_of(desk)}):
        answer = desk.client("approver").post(
            path_of(desk) + "/decision", json={"verdict": "approved"}, headers=headers
        )
        assert answer.status_code == 428


def test_what_was_edited_meanwhile_is_stale(desk: Room) -> None:
    seen = digest_of(desk)
    edited(desk, "second")
    assert verdict(desk, "approver", digest=seen).status_code == 412
    assert verdict(desk, "approver", digest="0" * 64).status_code == 412
    assert verdict(desk, "approver").status_code == 200


def test_who_edited_does_not_approve_alone(desk: Room) -> None:
    edited(desk, "second")
    answer = verdict(desk, "second", text="mine")
    assert answer.status_code == 403
    assert "another approves" in answer.json()["detail"]


@pytest.mark.parametrize("who", ["viewer", "operator", "admin", "elsewhere", "service", "unnamed"])
def test_nobody_else_decides(desk: Room, who: str) -> None:
    for body in ({"verdict": "approved"}, {"verdict": "rejected", "reason": "unsafe"}):
        assert verdict(desk, who, **body).status_code == 403
    assert desk.service.campaign(desk.campaign).state.proposals["p1"].status == "proposed"


@pytest.mark.parametrize("who", ["expired", "revoked"])
def test_a_token_that_is_over_decides_nothing(desk: Room, who: str) -> None:
    assert verdict(desk, who).status_code == 401


def test_a_role_taken_away_is_gone_at_once(desk: Room) -> None:
    from controller.people import Role

    desk.service.people.accounts.take_role("approver", Role.approver, desk.campaign, by="root")
    assert verdict(desk, "approver").status_code == 403


def test_a_rejection_needs_one_of_the_reasons(desk: Room) -> None:
    assert verdict(desk, "approver", verdict="rejected").status_code == 422
    assert verdict(desk, "approver", verdict="rejected", reason="ugly").status_code == 422
    answer = verdict(desk, "approver", verdict="rejected", reason="unsafe", text="too hot")
    assert answer.status_code == 200
    assert verdict(desk, "second").status_code == 409


def test_once_its_time_is_over_nobody_approves(desk: Room) -> None:
    client = desk.client("viewer")
    record = desk.service.campaign(desk.campaign).state.proposals["p1"]
    page = f"/campaigns/{desk.campaign}/proposals/p1"
    assert "its time is over" not in client.get(page).text
    desk.clock.moment += timedelta(days=20)
    token = desk.service.people.tokens.make("viewer", days=5, by="root").text
    later = desk.client()
    later.headers["Authorization"] = f"Bearer {token}"
    assert "its time is over" in later.get(page).text
    assert record.status == "proposed"  # the page only says so


def test_an_approval_is_withdrawn_until_it_is_sent(desk: Room) -> None:
    verdict(desk, "approver")
    answer = desk.client("second").post(
        path_of(desk) + "/withdrawal",
        json={"text": "the slurry gelled"},
        headers={"If-Match": f'"{digest_of(desk)}"'},
    )
    assert answer.status_code == 200
    assert desk.service.campaign(desk.campaign).state.proposals["p1"].status == "withdrawn"


def test_the_same_key_decides_once_and_another_request_with_it_is_refused(desk: Room) -> None:
    client = desk.client("approver")
    headers = {"If-Match": f'"{digest_of(desk)}"', "Idempotency-Key": "approve-p1-0001"}
    body = {"verdict": "approved"}
    answers = [
        client.post(path_of(desk) + "/decision", json=body, headers=headers) for _ in range(3)
    ]
    assert {one.status_code for one in answers} == {200}
    assert len({one.text for one in answers}) == 1
    other = {"verdict": "rejected", "reason": "unsafe"}
    answer = client.post(path_of(desk) + "/decision", json=other, headers=headers)
    assert answer.status_code == 422
    events = desk.client("viewer").get(f"/api/v1/campaigns/{desk.campaign}/events?limit=500")
    kinds = [one["event"]["kind"] for one in events.json()["items"]]
    assert kinds.count("decided") == 1


def page_form(
    client: TestClient, desk: Room, proposal: str, form: str = "approve"
) -> dict[str, str]:
    """Return the hidden fields of a form of the page."""
    text = client.get(f"/campaigns/{desk.campaign}/proposals/{proposal}").text
    inside = text.split(f'id="{form}"')[1].split("</form>")[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', inside))


def test_the_page_shows_what_is_decided_and_its_form_decides_that(desk: Room) -> None:
    client = desk.signed_in("approver")
    text = client.get(f"/campaigns/{desk.campaign}/proposals/p1").text.replace("\u00a0", " ")
    for words in (
        digest_of(desk),
        "243 Wh/kg",
        "235 to 251",
        "likeliest to improve per channel-day",
        "81% chance to beat",
        "inside the range",
        "no real cell has been measured yet",
        "2.5 to 4.2 V",
        "€ 38.00",
        "not proposed again for 7 days",
        "mg/cm²",
    ):
        assert words in text, words
    form = page_form(client, desk, "p1")
    form["verdict"] = "approved"
    path = f"/campaigns/{desk.campaign}/proposals/p1/decision"
    answer = client.post(path, data=form, headers={"Origin": BASE})
    assert answer.status_code == 303
    assert "becomes" not in answer.text
    assert desk.service.campaign(desk.campaign).state.proposals["p1"].status == "approved"
    assert client.post(path, data=form, headers={"Origin": BASE}).status_code == 409


def test_an_edit_makes_a_version_that_another_approves(desk: Room) -> None:
    client = desk.signed_in("operator")
    form = page_form(client, desk, "p1", "edit")
    values = desk.service.campaign(desk.campaign).state.proposals["p1"].proposal.request.design
    texts = {name: f"{value:.6g}" for name, value in values.values.items()}
    texts["positive.porosity"] = "0.31"
    path = f"/campaigns/{desk.campaign}/proposals/p1/edit"
    asked = {**form, **texts, "n_cells": "4", "text": "the blade is at 0.31"}
    answer = client.post(path, data=asked, headers={"Origin": BASE})
    assert answer.status_code == 303, answer.text
    record = desk.service.campaign(desk.campaign).state.proposals["p1"]
    assert record.proposal.version == 2
    assert record.proposal.request.n_cells == 4
    assert record.proposal.request.recipe.positive.porosity == 0.31
    changed = {
        name
        for name, value in record.proposal.request.design.values.items()
        if value != values.values[name]
    }
    assert changed == {"positive.porosity"}  # shown to six digits, the others stay what they were
    text = client.get(f"/campaigns/{desk.campaign}/proposals/p1").text
    assert "cannot be scored now: nobody works on the campaign now" in text
    assert verdict(desk, "approver", digest=form["digest"]).status_code == 412
    assert verdict(desk, "approver").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"values": {"positive.porosity": 0.9}},
        {"values": {"positive.nothing": 1}},
        {"values": {"positive.porosity": "a lot"}},
        {"n_cells": 0},
        {},
    ],
)
def test_an_edit_that_cannot_be_is_refused_in_words(desk: Room, body: dict[str, object]) -> None:
    answer = desk.client("approver").post(
        path_of(desk) + "/edit", json=body, headers={"If-Match": f'"{digest_of(desk)}"'}
    )
    assert answer.status_code in (403, 422), answer.text
    assert answer.json()["detail"]
    assert desk.service.campaign(desk.campaign).state.proposals["p1"].proposal.version == 1


def test_a_page_loaded_before_an_edit_decides_nothing(desk: Room) -> None:
    client = desk.signed_in("approver")
    form = page_form(client, desk, "p1")
    edited(desk, "second")
    path = f"/campaigns/{desk.campaign}/proposals/p1/decision"
    answer = client.post(path, data={**form, "verdict": "approved"}, headers={"Origin": BASE})
    assert answer.status_code == 412
    assert "look at it again" in answer.text


def test_what_waits_is_on_every_page_of_whoever_may_decide(desk: Room) -> None:
    for page in ("/", f"/campaigns/{desk.campaign}", "/new"):
        assert "Needs you: 3" in desk.signed_in("approver").get(page).text
    assert "Nothing needs you" in desk.signed_in("viewer").get("/").text
    verdict(desk, "approver")
    assert "Needs you: 2" in desk.signed_in("second").get("/").text


def test_the_audit_tells_who_what_when_why_and_how(desk: Room) -> None:
    verdict(desk, "approver", text="for Tuesday")
    found = desk.client("admin").get(f"/api/v1/campaigns/{desk.campaign}/audit").json()
    (line,) = [one for one in found["decisions"] if one["what"] == "approved"]
    assert (line["person"], line["sign_in"], line["text"]) == (
        "approver",
        "personal token",
        "for Tuesday",
    )
    assert line["roles"] == ["approver"]
    assert line["digest"] == digest_of(desk)


def test_the_audit_comes_in_pages_and_checks_the_chain_once(
    desk: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdict(desk, "approver")
    verdict(desk, "second", "p2", verdict="rejected", reason="unsafe")
    checked, read = [], audit_trail._read

    def noted(journal: Path) -> Audit:
        checked.append(journal)
        return read(journal)

    monkeypatch.setattr(audit_trail, "_read", noted)
    path = f"/api/v1/campaigns/{desk.campaign}/audit"
    client = desk.client("admin")
    whole = client.get(path).json()
    assert len(checked) == 1
    first = client.get(f"{path}?limit=1").json()
    second = client.get(f"{path}?limit=1&after={first['next']}").json()
    assert first["hash"] == whole["hash"]
    assert first["decisions"] + second["decisions"] == whole["decisions"][:2]
    assert whole["next"] is None
    shown = desk.signed_in("admin").get(f"/campaigns/{desk.campaign}/audit?limit=1").text
    assert f"audit?after={first['next']}&amp;limit=1" in shown
    assert client.get(f"{path}?limit=0").status_code == 422


def test_many_who_audit_at_once_check_one_after_the_other(
    desk: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, running, most = audit_trail._read, [], []

    def counted(journal: Path) -> Audit:
        running.append(journal)
        most.append(len(running))
        for _ in range(5):
            found = read(journal)
        running.remove(journal)
        return found

    monkeypatch.setattr(audit_trail, "_read", counted)

    async def asked() -> list[int]:
        transport = httpx.ASGITransport(desk.app)
        headers = {"Authorization": f"Bearer {desk.tokens['admin']}"}
        async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as client:
            path = f"/api/v1/campaigns/{desk.campaign}/audit"
            answers = await asyncio.gather(*(client.get(path) for _ in range(8)))
        return [one.status_code for one in answers]

    assert asyncio.run(asked()) == [200] * 8
    assert set(most) == {1}


@pytest.mark.parametrize("n_changes", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_every_change_to_the_journal_is_noticed(desk: Room, tmp_path: Path, n_changes: int) -> None:
    """Any byte of any stored column of any event."""
    verdict(desk, "approver", text="for Tuesday")
    desk.service.follower.close()
    source = desk.service.home.journal
    with sqlite3.connect(source) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        names = [row[1] for row in connection.execute("PRAGMA table_info(events)")]
        triggers = [
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type='trigger'")
        ]
        n = connection.execute("SELECT count(*) FROM events").fetchone()[0]
    connection.close()
    with JournalReader(source) as reader:
        whole = reader.verify()
    work = tmp_path / "changed" / "journal.db"
    work.parent.mkdir()
    (work.parent / "journal.head").write_bytes(source.with_name("journal.head").read_bytes())
    draw = random.Random(3)
    connection = sqlite3.connect(work, isolation_level=None)
    with sqlite3.connect(source) as origin:
        origin.backup(connection)
    origin.close()
    sql = {
        name: connection.execute(
            "SELECT sql FROM sqlite_master WHERE name = ?", (name,)
        ).fetchone()[0]
        for name in triggers
    }
    missed = []
    for number in range(n_changes):
        position = draw.randrange(1, n + 1)
        column = draw.choice([one for one in names if one != "position"])
        for name in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        (before,) = connection.execute(
            f"SELECT {column} FROM events WHERE position = ?", (position,)
        ).fetchone()
        after = changed(draw, before)
        row = (after, position)
        connection.execute(f"UPDATE events SET {column} = ? WHERE position = ?", row)
        for text in sql.values():
            connection.execute(text)
        try:
            JournalReader(work).close()
            missed.append((number, position, column, before, after))
        except CellwrightError:
            pass
        for name in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        row = (before, position)
        connection.execute(f"UPDATE events SET {column} = ? WHERE position = ?", row)
        for text in sql.values():
            connection.execute(text)
    connection.close()
    assert missed == []
    with JournalReader(work) as reader:
        assert reader.verify() == whole  # unchanged, it is believed again


def changed(draw: random.Random, value: object) -> object:
    """Return another value of the same type."""
    if isinstance(value, bytes):
        place = draw.randrange(len(value))
        return value[:place] + bytes([value[place] ^ (1 << draw.randrange(8))]) + value[place + 1 :]
    if isinstance(value, str):
        place = draw.randrange(len(value))
        return value[:place] + draw.choice("xyz#") + value[place + 1 :]
    assert isinstance(value, int | float)
    return value + draw.choice([1, -1, 7])


def test_a_campaign_s_page_says_where_its_builds_are(desk: Room) -> None:
    moment = f"/campaigns/{desk.campaign}/moment"
    assert "No build is under way" in desk.client("viewer").get(moment).text
    assert verdict(desk, "approver", text="for Tuesday").status_code == 200
    shown = desk.client("viewer").get(moment).text
    assert re.search(r'<th scope="row">queued</th><td><a href="\S*/proposals/p1">p1</a>', shown)


def test_who_edited_does_not_approve_alone_from_the_page_either(desk: Room) -> None:
    edited(desk, "second")
    client = desk.signed_in("second")
    form = {
        "csrf": csrf_token(client.cookies["cellwright"]),
        "digest": digest_of(desk).strip('"'),
        "verdict": "approved",
        "text": "mine",
    }
    path = f"/campaigns/{desk.campaign}/proposals/p1/decision"
    answer = client.post(path, data=form, headers={"Origin": BASE})
    assert answer.status_code == 403
    assert "another approves" in answer.text
    assert desk.service.campaign(desk.campaign).state.proposals["p1"].status == "proposed"
