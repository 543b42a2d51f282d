"""The API's own description, and what schemathesis draws from it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable

from controller.web.app import API, V1
from tests.conftest import absent
from tests.controller.web.room import BASE, Room, opened_room


def document(room: Room) -> dict:
    found: dict = room.client().get(f"{V1}/openapi.json").json()
    return found


def test_every_route_of_the_api_says_what_it_needs_and_what_body_it_reads(room: Room) -> None:
    paths = document(room)["paths"]
    assert set(paths) == {V1 + path for _, path, *_ in API} | {f"{V1}/openapi.json"}
    for method, path, needs, _ in API:
        operation = paths[V1 + path][method.lower()]
        assert operation["x-needs"] == needs.words
        assert operation["summary"]
        if method == "POST":
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            assert schema["additionalProperties"] is False
            assert "$ref" not in str(schema)
            names = {one["name"] for one in operation["parameters"]}
            assert "Idempotency-Key" in names


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("n", "modes"),
    [
        (3, ("positive",)),
        pytest.param(60, ("positive", "negative"), marks=pytest.mark.slow),
    ],
)
@pytest.mark.timeout(1800)
def test_what_schemathesis_draws_is_answered_by_no_error_of_ours(
    tmp_path: Path, n: int, modes: tuple[str, ...]
) -> None:
    try:
        import schemathesis
    except ImportError:
        absent("schemathesis is not installed: make setup")
    with opened_room(tmp_path, n_proposals=1) as room:
        schema = schemathesis.openapi.from_dict(document(room))
        clients = [room.client(who) for who in ("viewer", "approver", "admin", None)]
        count = 0
        for found in schema.get_all_operations():
            operation = found.ok()
            if operation.path.endswith("/stream"):
                continue
            for mode in modes:
                drawn = operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode))

                @seed(9)
                @settings(
                    max_examples=n,
                    deadline=None,
                    database=None,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                )
                @given(case=drawn)
                def check(case: Any) -> None:
                    nonlocal count
                    if isinstance(case.body, dict) and case.body.get("kind") in ("run", "abort"):
                        return  # they would start a process, or end what the others need
                    values = case.as_transport_kwargs(base_url=BASE)
                    values.pop("cookies", None)
                    client = clients[count % len(clients)]
                    client.cookies.clear()
                    answer = client.request(**values)
                    count += 1
                    assert answer.status_code < 500, (
                        case.operation.label,
                        values,
                        answer.text[:300],
                    )

                with contextlib.suppress(Unsatisfiable):  # nothing of it can be wrong
                    check()
        print(f"{count} requests")
        assert count > len(API)
