"""Every route × everybody, from a table that is written out; a route that is not in it fails."""

from __future__ import annotations

import pytest

from controller.web.app import create_app
from controller.web.needs import needs_of, refuse_undeclared
from experiments.errors import InternalError
from tests.controller.web.room import Room

WHO = (
    "anonymous",
    "viewer",
    "operator",
    "approver",
    "elsewhere",
    "admin",
    "service",
    "expired",
    "revoked",
)
EVERYBODY = set(WHO)
KNOWN = EVERYBODY - {"anonymous", "expired", "revoked"}
SEES = KNOWN - {"elsewhere"}
OPERATES = {"operator", "admin", "service"}
STARTS = {"admin", "service"}
DECIDES = {"approver"}
SETTLES = {  # and edits
    "operator",
    "approver",
}
AUDITS = {"approver", "admin"}
DEPUTISES = {"approver", "admin"}
C = "/campaigns/{campaign}"
TABLE = {
    ("GET", "/api/v1/health"): EVERYBODY,
    ("GET", "/api/v1/openapi.json"): EVERYBODY,
    ("GET", "/api/v1/me"): KNOWN,
    ("GET", "/api/v1/campaigns"): KNOWN,
    ("POST", "/api/v1/campaigns"): STARTS,
    ("POST", "/api/v1/campaigns/check"): STARTS,
    ("GET", f"/api/v1{C}"): SEES,
    ("POST", f"/api/v1{C}/orders"): OPERATES,
    ("GET", f"/api/v1{C}/observations"): SEES,
    ("GET", f"/api/v1{C}/observations/{{job}}"): SEES,
    ("GET", f"/api/v1{C}/observations/{{job}}/trace"): SEES,
    ("GET", f"/api/v1{C}/observations/{{job}}/artifacts/{{name}}"): SEES,
    ("GET", f"/api/v1{C}/events"): SEES,
    ("GET", f"/api/v1{C}/stream"): SEES,
    ("GET", f"/api/v1{C}/figures/{{name}}"): SEES,
    ("GET", f"/api/v1{C}/figures/{{name}}/data"): SEES,
    ("GET", f"/api/v1{C}/dataset"): SEES,
    ("GET", f"/api/v1{C}/proposals"): SEES,
    ("GET", f"/api/v1{C}/proposals/{{proposal}}"): SEES,
    ("POST", f"/api/v1{C}/proposals/{{proposal}}/decision"): DECIDES,
    ("POST", f"/api/v1{C}/proposals/{{proposal}}/edit"): SETTLES,
    ("POST", f"/api/v1{C}/proposals/{{proposal}}/trial"): SETTLES,
    ("POST", f"/api/v1{C}/proposals/{{proposal}}/withdrawal"): DECIDES,
    ("GET", f"/api/v1{C}/builds"): SEES,
    ("POST", f"/api/v1{C}/builds/{{build}}/settlement"): SETTLES,
    ("GET", f"/api/v1{C}/deputies"): SEES,
    ("POST", f"/api/v1{C}/deputies"): DEPUTISES,
    ("GET", f"/api/v1{C}/audit"): AUDITS,
    ("GET", "/static/{name}"): EVERYBODY,
    ("GET", "/sign-in"): EVERYBODY,
    ("POST", "/sign-in"): EVERYBODY,
    ("POST", "/sign-out"): KNOWN,
    ("GET", "/"): KNOWN,
    ("GET", "/needs-you"): KNOWN,
    ("GET", "/new"): STARTS,
    ("POST", "/new"): STARTS,
    ("GET", C): SEES,
    ("GET", f"{C}/moment"): SEES,
    ("POST", f"{C}/orders"): OPERATES,
    ("GET", f"{C}/report"): SEES,
    ("GET", f"{C}/proposals/{{proposal}}"): SEES,
    ("POST", f"{C}/proposals/{{proposal}}/decision"): DECIDES,
    ("POST", f"{C}/proposals/{{proposal}}/edit"): SETTLES,
    ("POST", f"{C}/proposals/{{proposal}}/trial"): SETTLES,
    ("POST", f"{C}/proposals/{{proposal}}/withdrawal"): DECIDES,
    ("GET", f"{C}/builds"): SEES,
    ("POST", f"{C}/builds/{{build}}/settlement"): SETTLES,
    ("POST", f"{C}/deputies"): DEPUTISES,
    ("GET", f"{C}/audit"): AUDITS,
    ("GET", f"{C}/observations/{{job}}"): SEES,
    ("GET", f"{C}/observations/{{job}}/trace"): SEES,
    ("GET", f"{C}/observations/{{job}}/figures/{{name}}/data"): SEES,
}


def test_the_table_names_every_route_and_no_other(room: Room) -> None:
    app = create_app(room.service)
    routes = {(method, route.path) for route in app.routes for method in route.methods}
    assert routes == set(TABLE)
    assert all(needs_of(route) is not None for route in app.routes)


def test_a_route_that_does_not_say_what_it_needs_ends_the_start(room: Room) -> None:
    app = create_app(room.service)
    app.add_api_route("/undeclared", lambda: None)
    with pytest.raises(InternalError, match="/undeclared does not say"):
        refuse_undeclared(app.routes)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("method", "path"), [key for key in TABLE if "stream" not in key[1]])
def test_a_route_lets_in_whom_the_table_says(room: Room, method: str, path: str, who: str) -> None:
    job = next(iter(room.service.campaign(room.campaign).state.observations))
    place = path.format(campaign=room.campaign, job=job, name="x", proposal="p1", build="b1")
    client = room.client(None if who == "anonymous" else who)
    # A body no route understands: who is let in is told so, and nothing is changed.
    answer = client.request(method, place, content=b"x" if method == "POST" else None)
    is_refused = answer.status_code in (401, 403) or (
        answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?next=")
    )
    if path == "/sign-in" and method == "POST":
        assert answer.status_code == 403  # of another reason: it says nothing of its origin
        assert "comes from this site" in answer.text
        return
    assert is_refused == (who not in TABLE[method, path]), (answer.status_code, answer.text[:300])
    if is_refused and path.startswith("/api/"):
        assert answer.status_code == (403 if who in KNOWN else 401)
        assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code < 500


@pytest.mark.parametrize("who", [one for one in WHO if one not in SEES])
def test_the_stream_refuses_whom_the_table_says(room: Room, who: str) -> None:
    client = room.client(None if who == "anonymous" else who)
    answer = client.get(f"/api/v1/campaigns/{room.campaign}/stream")
    assert answer.status_code == (403 if who in KNOWN else 401)


def test_whoever_may_see_no_campaign_sees_none_in_a_list(room: Room) -> None:
    assert room.client("elsewhere").get("/api/v1/campaigns").json()["items"] == []
    assert room.campaign not in room.client("elsewhere").get("/").text
    assert room.client("viewer").get("/api/v1/campaigns").json()["items"] != []


def test_a_campaign_that_is_not_there_is_refused_like_one_that_is_not_theirs(room: Room) -> None:
    answers = [
        room.client("elsewhere").get(f"/api/v1/campaigns/{name}")
        for name in (room.campaign, "nothing-here")
    ]
    assert [one.status_code for one in answers] == [403, 403]
    assert room.client("admin").get("/api/v1/campaigns/nothing-here").status_code == 404
