"""The control room over a campaign of many results: what it decodes, thins, and says meanwhile."""

from __future__ import annotations

import csv
import dataclasses
import json
import re
import threading
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from controller import trace as trace_module
from controller.events import Recorded
from controller.folding import Folding
from controller.follower import Follower
from controller.home import Home
from controller.journal import JournalReader
from controller.journal.hash_chain import Row
from controller.packed_list import Codec
from controller.people import People, Role
from controller.report import thinning
from controller.runs import Runs
from controller.trace import read_trace, trace
from controller.web.address import service_address
from controller.web.app import create_app
from controller.web.render import written
from controller.web.service import Service
from tests.benchmarks.long_campaign import write_long
from tests.controller.web.room import BASE, QUICK, MovedClock

N_EVENTS = 1400
NAME = "quickstart"
PAGE = f"/campaigns/{NAME}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made, _ = write_long(tmp_path_factory.mktemp("long") / "home", N_EVENTS)
    return made


@pytest.fixture
def service(home: Home) -> Iterator[Service]:
    clock = MovedClock()
    people = People(home.path / "people.db", clock, cost=QUICK)
    if not people.accounts.everyone():
        people.accounts.add("anna", by="root")
        people.accounts.give_role("anna", Role.operator, "*", by="root")
        people.accounts.give_role("anna", Role.approver, "*", by="root")
    runs, follower = Runs(home, log=print), Follower(home)
    address = service_address("127.0.0.1", 8080, has_tls=False)
    try:
        yield Service(home, people, follower, runs, address, clock)
    finally:
        follower.close()
        runs.close()
        people.close()


def client_of(service: Service) -> TestClient:
    token = service.people.tokens.make("anna", days=9, by="root").text
    headers = {"Authorization": f"Bearer {token}"}
    return TestClient(create_app(service), base_url=BASE, headers=headers)


def figures(page: str) -> dict[str, dict[str, list[dict[str, list[object]]]]]:
    found = re.findall(
        r'id="([a-z-]+)"><h3>.*?<script type="application/json">(.*?)</script>', page, re.DOTALL
    )
    return {name: json.loads(text) for name, text in found}


def test_no_page_decodes_what_it_does_not_show(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.follower.start()
    client = client_of(service)
    decoded: list[object] = []
    unpack = Codec.unpack

    def noted(self: Codec[object], packed: bytes) -> object:
        decoded.append(packed)
        return unpack(self, packed)

    monkeypatch.setattr(Codec, "unpack", noted)
    for path in (PAGE, f"{PAGE}/moment", "/", f"/api/v1{PAGE}"):
        assert client.get(path).status_code == 200
        assert len(decoded) < 60, path  # the front and the baseline
        decoded.clear()
    shown = client.get(f"/api/v1{PAGE}/observations?limit=20&after=100").json()
    assert len(shown["items"]) == 20
    assert len(decoded) == 20


def test_a_moment_is_written_once_for_all_who_ask_and_anew_for_the_next(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.follower.start()
    client, asked = client_of(service), []

    def noted(template: str, **values: object) -> str:
        asked.append(template)
        return written(template, **values)

    monkeypatch.setattr("controller.web.moments.written", noted)
    texts = {client.get(f"{PAGE}/moment").text for _ in range(5)}
    assert len(texts) == 1
    assert asked == ["moment.html"]
    whole = service.follower.campaigns[NAME]
    state = dataclasses.replace(whole.state, position=whole.state.position + 1)
    changed = dataclasses.replace(whole, state=state)
    monkeypatch.setattr(service.follower, "_campaigns", {NAME: changed})
    assert f'data-position="{N_EVENTS + 1}"' in client.get(f"{PAGE}/moment").text
    assert len(asked) == 2


def test_plots_are_thinned_and_the_data_behind_them_is_whole(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.follower.start()
    client = client_of(service)
    for of in (thinning.in_order, thinning.in_plane):
        monkeypatch.setattr(of, "__defaults__", (100,))
    monkeypatch.setattr("controller.report.convergence.MOST", 100)
    monkeypatch.setattr("controller.report.timeline.N_BARS", 50)
    monkeypatch.setattr("controller.web.figures._kept", {})
    page = client.get(PAGE).text
    n = len(service.campaign(NAME).state.observations)
    assert n > 600
    found = figures(page)
    assert set(found) == {
        "convergence-energy",
        "convergence-density",
        "pareto",
        "landscape",
        "timeline",
    }
    coarse = found["convergence-energy"]["data"][0]
    assert coarse["name"] == "coarse"
    assert 20 < len(coarse["x"]) <= 100
    assert sum(len(one["x"]) for one in found["timeline"]["data"]) == 50
    assert "marks are drawn" in page
    assert "Drawn are the latest 50" in page

    rows = list(
        csv.reader(client.get(f"/api/v1{PAGE}/figures/convergence-energy/data").text.splitlines())
    )
    assert len(rows) == 1 + n - 2  # the baseline's two are no evaluations of the search
    values = {float(row[5]) for row in rows[1:] if row[5] and row[1] == "coarse"}
    assert {max(values), min(values)} <= {float(str(y)) for y in coarse["y"]}
    best = next(one for one in found["convergence-energy"]["data"] if "best" in str(one["name"]))
    fine = [(int(row[0]), float(row[5])) for row in rows[1:] if row[5] and row[1] == "fine"]
    feasible_best = float(str(best["y"][-1]))
    assert feasible_best in {value for _, value in fine}
    assert best["x"][-1] == n - 2
    table = client.get(f"/api/v1{PAGE}/dataset").text.splitlines()
    assert len(table) == 1 + n


def test_a_page_that_is_asked_for_while_the_journal_is_read_is_answered_at_once(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, may_go_on, shown = Folding._take, threading.Semaphore(0), threading.Event()

    def waiting(self: Folding, piece: list[Row]) -> None:
        assert may_go_on.acquire(timeout=60)
        take(self, piece)

    monkeypatch.setattr(Folding, "_take", waiting)
    monkeypatch.setattr("controller.follower._SHOW_EVERY_S", 0.0)
    monkeypatch.setattr(service.follower, "_when_changed", lambda _: shown.set())
    service.follower.start(patience_s=0.0)
    client = client_of(service)
    try:
        answer = client.get(PAGE)
        assert answer.status_code == 503
        assert "the journal is being read" in answer.text
        assert "data-reading" in client.get("/").text
        refused = client.get(f"/api/v1{PAGE}")
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "2"

        may_go_on.release()
        assert shown.wait(60)
        page = client.get(PAGE).text
        assert "still being read" in page
        assert f"of {N_EVENTS:,} events" in page
        assert 'aria-label="Orders"' not in page
    finally:
        may_go_on.release(1000)
    service.follower.catch_up(60)
    page = client.get(PAGE).text
    assert "still being read" not in page
    assert 'aria-label="Orders"' in page
    assert f'data-position="{N_EVENTS}"' in page


def test_a_trace_that_decodes_little_says_what_one_of_everything_says(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.follower.start()
    state = service.campaign(NAME).state
    with JournalReader(service.home.journal) as journal:
        events = list(journal.read(NAME))
        for job_id in (*list(state.dispatches)[:3], *list(state.dispatches)[300:640:67]):
            assert read_trace(state, journal, job_id) == trace(state, events, job_id)
        decoded: list[object] = []
        recorded = trace_module.recorded

        def noted(row: Row) -> Recorded:
            decoded.append(row)
            return recorded(row)

        monkeypatch.setattr(trace_module, "recorded", noted)
        read_trace(state, journal, list(state.dispatches)[300])
    assert len(decoded) < 20
