"""What every route works with: the home, its people, what is known of it, and what runs for it."""

from __future__ import annotations

import asyncio
import functools
import re
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request

from controller.audit_trail import AuditTrail
from controller.clock import Clock
from controller.follower import Followed, Follower
from controller.home import Home
from controller.operate import operate
from controller.order import Order
from controller.people import Action, People, Person, may
from controller.runs import Runs
from controller.web.address import Address
from controller.web.hub import Hub
from controller.web.problem import HttpProblem

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Service:
    """One running service."""

    home: Home
    people: People
    follower: Follower
    runs: Runs
    address: Address
    clock: Clock
    hub: Hub = field(default_factory=Hub)
    under_way: set[tuple[str, str]] = field(default_factory=set)
    """People and keys of requests that are being carried out."""
    auditing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the whole chain is checked: one at a time, however many ask."""

    @functools.cached_property
    def trail(self) -> AuditTrail:
        """Return the decisions of this home; read while ``auditing`` is held."""
        return AuditTrail(self.home.journal)

    def campaign(self, name: str) -> Followed:
        """Return a campaign. Raises ``HttpProblem`` where there is none, or none was read yet."""
        found = self.follower.campaigns.get(name) if _NAME.fullmatch(name) else None
        if found is None and self.follower.reading is not None:
            raise HttpProblem(
                f"the journal is being read ({self.reading_words}); ask again in a moment",
                status=503,
                after_s=2,
            )
        if found is None:
            raise HttpProblem("there is no such campaign here", status=404)
        return found

    @property
    def reading_words(self) -> str | None:
        """Return how far the journal was read, while it is the first time."""
        reading = self.follower.reading
        if reading is None:
            return None
        n, of = reading
        return f"{n:,} of {of:,} events" if of else "its first events"

    def ordered(self, order: Order) -> str:
        """Have an order carried out; return what to say once the pages know of it."""
        words = operate(self.home, order, known=self.follower.known(order.campaign))
        self.follower.catch_up()
        return words

    def seen_by(self, person: Person) -> dict[str, Followed]:
        """Return the campaigns that somebody may see, the latest first."""
        campaigns = reversed(list(self.follower.campaigns.items()))
        return {name: one for name, one in campaigns if may(person, name, Action.view)}


def service_of(request: Request) -> Service:
    """Return the service that a request came to."""
    service: Service = request.app.state.service
    return service
