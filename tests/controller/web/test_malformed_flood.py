"""Thousands of malformed requests to every route by everybody: no error of ours, bounded memory."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from controller.people.sessions import csrf_token
from controller.web.app import API, PAGES, V1
from tests.controller.web.malformed import malformed
from tests.controller.web.room import BASE, Room, opened_room

ROUTES = [(method, V1 + path) for method, path, *_ in API] + [one[:2] for one in PAGES]
BY_TOKEN = ("viewer", "operator", "approver", "elsewhere", "admin", "service", "expired", "revoked")
BY_SESSION = ("viewer", "operator", "approver", "admin")
MOST_GROWTH_MB = 100.0
"""Assumed: several times what the caches of figures and pages of one small campaign take."""


def resident_MB() -> float:
    text = Path("/proc/self/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024  # type: ignore[index]


def visitors(room: Room) -> list[tuple[str, TestClient, str]]:
    """Return everybody by name, with the form token of those who have a session."""
    found = [("anonymous", room.client(), "")]
    found += [(who, room.client(who), "") for who in BY_TOKEN]
    for who in BY_SESSION:
        client = room.signed_in(who)
        found.append((f"{who} in a browser", client, csrf_token(client.cookies["cellwright"])))
    return found


@pytest.mark.parametrize("n", [600, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.timeout(1800)
def test_no_malformed_request_is_answered_by_an_error_of_ours(tmp_path: Path, n: int) -> None:
    with opened_room(tmp_path, n_proposals=1) as room:
        draw = random.Random(9)
        everybody = visitors(room)
        seen: Counter[int] = Counter()
        reached = set()
        before_MB = 0.0
        for number in range(n):
            if number == n // 5:
                before_MB = resident_MB()
            method, route = ROUTES[number % len(ROUTES)]
            who, client, csrf = draw.choice(everybody)
            if route.endswith("/stream"):
                who, client, csrf = everybody[0]  # whoever may listen, listens without end
            one = malformed(draw, route, room.campaign)
            headers = dict(one.headers)
            if csrf and draw.random() < 0.9:
                headers |= {b"origin": BASE.encode(), b"x-csrf-token": csrf.encode()}
            body = one.body
            if csrf and b"urlencoded" in headers[b"content-type"]:
                body = b"csrf=" + csrf.encode() + b"&" + body
            answer = client.request(
                method, one.path, content=body if method == "POST" else None, headers=headers
            )
            place = (number, who, method, one.path[:200], body[:200])
            assert answer.status_code < 500, (place, answer.text[:500])
            if answer.status_code >= 400 and route.startswith(V1):
                assert answer.headers["content-type"] == "application/problem+json", place
                assert len(answer.content) < 10_000, place
                assert json.loads(answer.content)["status"] == answer.status_code
            seen[answer.status_code] += 1
            reached.add((method, route))
        assert reached == set(ROUTES)
        grown_MB = resident_MB() - before_MB
        print(f"{n} requests: {dict(sorted(seen.items()))}; memory grew by {grown_MB:.1f} MB")
        assert grown_MB < MOST_GROWTH_MB
        assert {400, 401, 403, 404, 415, 422} <= set(seen)
