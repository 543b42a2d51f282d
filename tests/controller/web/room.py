"""A whole service over a synthetic campaign's real journal, with one account of every kind."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fastapi import FastAPI
from starlette.testclient import TestClient

from controller.follower import Follower
from controller.home import Home
from controller.people import People, Role
from controller.people.password import Cost
from controller.runs import Runs
from controller.web.address import service_address
from controller.web.app import create_app
from controller.web.service import Service
from experiments.observation import Observation
from tests.controller.proposed_campaign import write_proposed
from tests.controller.synthetic_campaign import write_campaign

PASSWORD = "correct horse battery"
BASE = "http://127.0.0.1:8080"
QUICK = Cost(n=2**4, r=8, p=1)
"""A hash that costs nothing: its strength is tested elsewhere."""


class MovedClock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def elapsed_s(self) -> float:
        return 0.0


@dataclass
class Room:
    """The service, and what a test needs to come in."""

    service: Service
    clock: MovedClock
    tokens: dict[str, str]
    campaign: str

    @functools.cached_property
    def app(self) -> FastAPI:
        """Return the application, made once."""
        return create_app(self.service)

    def client(self, who: str | None = None) -> TestClient:
        """Return a client with somebody's token, or nobody's."""
        headers = {} if who is None else {"Authorization": f"Bearer {self.tokens[who]}"}
        return TestClient(
            self.app,
            base_url=BASE,
            headers=headers,
            raise_server_exceptions=False,
            follow_redirects=False,
        )

    def signed_in(self, who: str) -> TestClient:
        """Return a browser in which somebody signed in by the form."""
        client = self.client()
        form = {"name": who, "password": PASSWORD, "next": "/"}
        answer = client.post("/sign-in", data=form, headers={"Origin": BASE})
        assert answer.status_code == 303, answer.text
        return client


@contextlib.contextmanager
def opened_room(
    folder: Path,
    *,
    n: int = 8,
    n_proposals: int = 0,
    observed: Callable[[Home, Observation], Observation] = lambda _, one: one,
) -> Iterator[Room]:
    """Open a service over a home with one campaign, with or without proposals that wait.

    With proposals, ``observed`` changes every observation before it is written.
    """
    if n_proposals:
        home, name = write_proposed(
            folder / "home", n=n, n_proposals=n_proposals, observed=observed
        )
    else:
        home, name = write_campaign(folder / "home", n=n, is_finished=False, edge=16)
    clock = MovedClock()
    clock.moment = datetime.now(UTC) if n_proposals else clock.moment
    people = People(home.path / "people.db", clock, cost=QUICK)
    tokens = {who: _account(people, who, role, name) for who, role in ROLES.items()}
    people.accounts.add("robot", by="root", is_service=True)
    people.accounts.give_role("robot", Role.operator, "*", by="root")
    tokens["service"] = people.tokens.make("robot", days=30, by="root").text
    clock.moment -= timedelta(days=10)
    tokens["expired"] = people.tokens.make("admin", days=9, by="root").text
    clock.moment += timedelta(days=10)
    revoked = people.tokens.make("admin", days=9, by="root")
    people.tokens.revoke(revoked.record.id, by="root")
    tokens["revoked"] = revoked.text
    address = service_address("127.0.0.1", 8080, has_tls=False)
    runs = Runs(home, log=print)
    follower = Follower(home)
    follower.start()
    service = Service(home, people, follower, runs, address, clock)
    try:
        yield Room(service, clock, tokens, name)
    finally:
        follower.close()
        runs.close()
        people.close()


ROLES = {
    "viewer": (Role.viewer, None),
    "operator": (Role.operator, None),
    "approver": (Role.approver, None),
    "second": (Role.approver, None),
    "unnamed": (Role.approver, None),
    "elsewhere": (Role.approver, "another-campaign"),
    "admin": (Role.admin, "*"),
}
"""Account → its role and the campaign that it counts for, None for the room's own. ``unnamed`` has
the role, and no campaign names them as approver."""


def _account(people: People, who: str, role: tuple[Role, str | None], campaign: str) -> str:
    people.accounts.add(who, by="root")
    people.accounts.set_password(who, PASSWORD, by="root")
    people.accounts.give_role(who, role[0], role[1] or campaign, by="root")
    return people.tokens.make(who, days=30, by="root").text
