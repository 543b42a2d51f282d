"""What another site, another host, or a crafted address may try; each is refused."""

from __future__ import annotations

import asyncio
import re
from importlib import resources
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from controller.people.sessions import IDLE, csrf_token
from controller.web.address import service_address
from controller.web.app import API, PAGES
from controller.web.forms import local_path
from controller.web.stream import _news
from experiments.errors import Invalid, NotSignedIn
from tests.controller.web.room import BASE, PASSWORD, Room, opened_room

EVIL = "https://evil.example"


def csrf_of(client: TestClient) -> str:
    return re.search(r'name="csrf" value="([0-9a-f]{64})"', client.get("/").text)[1]


@pytest.mark.parametrize(
    ("headers", "form"),
    [
        ({"Origin": EVIL}, True),
        ({"Origin": "null"}, True),
        ({"Origin": "http://127.0.0.1:8081"}, True),
        ({"Origin": "https://127.0.0.1:8080"}, True),
        ({}, True),  # no browser leaves it out of a form
        ({"Origin": BASE, "Sec-Fetch-Site": "cross-site"}, True),
        ({"Origin": BASE, "Sec-Fetch-Site": "same-site"}, True),
        ({"Origin": BASE}, False),  # from this site, without the form's token
    ],
)
def test_a_form_of_another_site_changes_nothing(
    room: Room, headers: dict[str, str], form: bool
) -> None:
    client = room.signed_in("operator")
    before = room.service.campaign(room.campaign).state.position
    csrf = {"csrf": csrf_of(client)} if form else {}
    path = f"/campaigns/{room.campaign}/orders"
    answer = client.post(path, data={"kind": "pause", **csrf}, headers=headers)
    assert answer.status_code == 403
    json = {"kind": "pause"}
    answer = client.post(f"/api/v1{path}", json=json, headers=headers)
    assert answer.status_code == 403
    room.service.follower.catch_up()
    assert room.service.campaign(room.campaign).state.position == before


def test_another_session_s_form_token_is_refused(room: Room) -> None:
    mine, other = room.signed_in("operator"), room.signed_in("operator")
    answer = mine.post(
        f"/campaigns/{room.campaign}/orders",
        data={"kind": "pause", "csrf": csrf_of(other)},
        headers={"Origin": BASE},
    )
    assert answer.status_code == 403
    assert csrf_of(mine) == csrf_token(mine.cookies["cellwright"])


def test_signing_in_from_another_site_is_refused(room: Room) -> None:
    form = {"name": "viewer", "password": PASSWORD}
    for headers in ({}, {"Origin": EVIL}):
        answer = room.client().post("/sign-in", data=form, headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:80", "localhost:8080.evil.example", "", "a@b"]
)
def test_a_request_for_another_host_is_refused(room: Room, host: str) -> None:
    answer = room.client("admin").get("/api/v1/campaigns", headers={"Host": host})
    assert answer.status_code == 421


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_no_other_method_is_let_in(room: Room, method: str) -> None:
    assert room.client("admin").request(method, "/").status_code == 405


@pytest.mark.parametrize("path", ["/", "/sign-in", "/api/v1/health", "/static/room.css", "/none"])
def test_every_answer_carries_the_same_armour(room: Room, path: str) -> None:
    headers = room.client().get(path).headers
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert headers["x-frame-options"] == "DENY"
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


def test_the_session_cookie_is_out_of_reach(room: Room) -> None:
    form = {"name": "viewer", "password": PASSWORD}
    answer = room.client().post("/sign-in", data=form, headers={"Origin": BASE})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert "domain" not in cookie
    assert "secure" not in cookie  # HTTP on the loopback address: no browser would send it back


def test_over_tls_the_session_cookie_is_secure_and_bound_to_the_host(tmp_path: Path) -> None:
    with opened_room(tmp_path, n=2) as room:
        address = service_address(
            "127.0.0.1", 8080, has_tls=False, public="https://lab.example.org"
        )
        object.__setattr__(room.service, "address", address)
        client = room.client()
        client.base_url = "https://lab.example.org"
        answer = client.post(
            "/sign-in",
            data={"name": "viewer", "password": PASSWORD},
            headers={"Origin": "https://lab.example.org"},
        )
        assert answer.status_code == 303
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-cellwright=")
        assert "Secure" in cookie
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        assert client.get("/").status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "[::]"])
def test_a_service_on_every_address_is_told_the_name_it_is_reached_by(host: str) -> None:
    with pytest.raises(Invalid, match="--public-name"):
        service_address(host, 8443, has_tls=True)
    names = ["lab.example.org", "2001:db8::7"]
    address = service_address(host, 8443, has_tls=True, names=names)
    assert address.hosts == {"lab.example.org:8443", "[2001:db8::7]:8443"}
    assert "https://lab.example.org:8443" in address.origins


@pytest.mark.parametrize("host", ["2001:db8::1", "[2001:db8::1]", "2001:0db8:0:0:0:0:0:1"])
def test_an_ipv6_address_is_reached_in_brackets(host: str) -> None:
    address = service_address(host, 443, has_tls=True)
    assert address.hosts == {"[2001:db8::1]", "[2001:db8::1]:443"}


@pytest.mark.parametrize("name", ["https://lab", "lab:8443", "lab/x", "", "-", "a b", "0.0.0.0"])
def test_a_public_name_is_a_hosts_name_alone(name: str) -> None:
    with pytest.raises(Invalid, match="--public-name"):
        service_address("::", 8443, has_tls=True, names=[name])


def test_an_open_page_does_not_keep_a_session_awake(tmp_path: Path) -> None:
    with opened_room(tmp_path, n=2) as room:
        watched, used = room.signed_in("viewer"), room.signed_in("viewer")
        moment = f"/campaigns/{room.campaign}/moment"
        for _ in range(9):
            room.clock.moment += IDLE / 8
            watched_status = watched.get(moment).status_code
            assert used.get("/").status_code == 200
        assert watched_status == 303


def test_a_stream_that_listens_does_not_keep_a_session_awake(tmp_path: Path) -> None:
    with opened_room(tmp_path, n=2) as room:
        secret = room.signed_in("viewer").cookies["cellwright"]
        paths = {path: needs for _, path, needs, _ in (*API, *PAGES)}
        assert paths["/campaigns/{campaign}/stream"].is_polled
        room.clock.moment += IDLE * 0.9
        headers = [(b"cookie", f"cellwright={secret}".encode())]
        request = Request({"type": "http", "headers": headers, "app": room.app, "path": "/"})
        news = _news(room.service, room.campaign, request)

        async def told() -> list[str]:
            room.service.hub.begin()
            found = [await anext(news), await anext(news)]
            await news.aclose()
            return found

        assert "event: moment" in asyncio.run(told())[1]
        room.clock.moment += IDLE * 0.2
        with pytest.raises(NotSignedIn):
            room.service.people.sessions.authenticate(secret)


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("0.0.0.0", None),
        ("lab.example.org", None),
        ("127.0.0.1", "http://lab.example.org"),
        ("0.0.0.0", "https://lab.example.org"),
        ("127.0.0.1", "https://lab.example.org/cells"),
    ],
)
def test_passwords_never_cross_a_network_in_clear_text(host: str, public: str | None) -> None:
    with pytest.raises(Invalid):
        service_address(host, 8080, has_tls=False, public=public)


@pytest.mark.parametrize(
    "target",
    [
        EVIL,
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/x\r\nSet-Cookie: a=b",
        "/a\\..\\b",
        "",
        "/\u2044evil.example",
        "x" * 10,
    ],
)
def test_signing_in_leads_nowhere_else(room: Room, target: str) -> None:
    assert local_path(target) == "/"
    form = {"name": "viewer", "password": PASSWORD, "next": target}
    answer = room.client().post("/sign-in", data=form, headers={"Origin": BASE})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_signing_in_leads_back_to_a_page_of_this_site() -> None:
    assert local_path("/campaigns/a?x=1") == "/campaigns/a?x=1"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/%2e%2e/people/register.py",
        "/static/htmx.LICENSE",
        "/campaigns/..%2f..%2fpeople.db/report",
        "/campaigns/%2e%2e/report",
        "/api/v1/campaigns/quickstart/observations/..%2f..%2f/artifacts/voxels",
        "/api/v1/campaigns/quickstart/observations/x/artifacts/..%2f..%2fpeople.db",
        "/api/v1/campaigns/quickstart/figures/..%2f..%2fx/data",
    ],
)
def test_no_path_leads_out_of_what_is_shown(room: Room, path: str) -> None:
    answer = room.client("admin").get(path)
    assert answer.status_code == 404
    assert b"SQLite" not in answer.content


def test_looking_changes_nothing(room: Room) -> None:
    """Mail scanners follow every link, and some sign in."""
    before = room.service.home.journal.with_name("journal.head").read_bytes()
    client = room.signed_in("admin")
    seen, waiting = set(), ["/"]
    while waiting:
        path = waiting.pop()
        if path in seen or len(seen) > 60:
            continue
        seen.add(path)
        found = re.findall(r'href="(/[^"#]*)"', client.get(path).text)
        waiting += [one for one in found if not one.startswith("/static")]
    assert len(seen) > 10
    assert client.get(f"/campaigns/{room.campaign}/orders").status_code in (404, 405)
    assert room.service.home.journal.with_name("journal.head").read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        "baseline: {image: /etc/passwd}",
        "cell: {parameter_set: ../../secret.json}",
        "cell: {parameter_set: /etc/hostname}",
    ],
)
def test_a_campaign_from_outside_names_no_file_of_the_machine(room: Room, text: str) -> None:
    answer = room.client("admin").post("/api/v1/campaigns/check", json={"yaml": text})
    assert answer.status_code == 422
    assert "names no files of this machine" in answer.json()["detail"]


@pytest.mark.parametrize("table", ["/etc/passwd", "/nothing/here.csv", "{own}"])
def test_a_campaign_from_outside_names_no_table_to_learn_from(
    room: Room, tmp_path: Path, table: str
) -> None:
    own = tmp_path / "line.csv"
    own.write_text("porosity,specific_energy_Wh_per_kg\n0.3,201\n", "utf-8")
    text = (resources.files("experiments") / "campaigns" / "quickstart.yaml").read_text("utf-8")
    text += f"\nknowledge:\n  - {{name: old, table: {table.format(own=own)}}}\n"
    answer = room.client("admin").post("/api/v1/campaigns/check", json={"yaml": text})
    assert answer.status_code == 422
    assert "names no files of this machine" in answer.json()["detail"]
    assert "knowledge" in answer.json()["detail"]


def test_a_report_is_shut_in(tmp_path: Path) -> None:
    with opened_room(tmp_path, n=2) as room:
        path = room.service.home.reports / f"{room.campaign}.html"
        path.write_text("<script>document.cookie</script>")
        answer = room.client("viewer").get(f"/campaigns/{room.campaign}/report")
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("sandbox allow-scripts")
        assert "allow-same-origin" not in policy
        assert "connect-src" not in policy
        assert "default-src 'none'" in policy


def test_names_are_text_wherever_they_are_shown(room: Room) -> None:
    answer = room.client().post(
        "/sign-in",
        data={"name": '"><script>alert(1)</script>', "password": "x"},
        headers={"Origin": BASE},
    )
    assert answer.status_code == 401
    assert "<script>alert" not in answer.text
    answer = room.client("admin").get("/sign-in?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in answer.text


def test_guessing_passwords_ends_in_a_wait(tmp_path: Path) -> None:
    with opened_room(tmp_path, n=2) as room:
        form = {"name": "viewer", "password": "wrong wrong wrong"}
        said = [
            room.client().post("/sign-in", data=form, headers={"Origin": BASE}).status_code
            for _ in range(7)
        ]
        assert said == [401] * 5 + [429] * 2
