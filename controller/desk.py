"""Where a decision or an order goes: to a home here, or to a service elsewhere.

Both obey one set of rules; only the way there differs.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal, Protocol

from controller import wiring
from controller.build_orders import Decide, Order, Settle, Withdraw, order_of
from controller.home import Home
from controller.open_proposal import stale, waiting_proposal
from controller.operate import operate
from controller.order import Abort, Drain, Pause, Resume
from controller.people.person import Person
from controller.settling import Outcome
from controller.state import State
from experiments.errors import Invalid, Rejected
from experiments.proposal import RejectionReason

_VERSION: Final = re.compile(r"(p[1-9][0-9]{0,8})@([0-9a-f]{8,64})")


class Desk(Protocol):
    """Takes what a person decides about builds; each returns what came of it.

    ``version`` is exactly what was shown, as ``p3@1a2b3c4d``. Raises ``Invalid`` or ``Rejected``
    where the rules refuse it.
    """

    def approve(self, version: str, *, text: str) -> str:
        """Have exactly this version built."""

    def reject(self, version: str, reason: RejectionReason, *, text: str) -> str:
        """Have this version not built."""

    def withdraw(self, proposal_id: str, *, text: str) -> str:
        """Take an approval back before anything was sent."""

    def settle(self, build_id: str, outcome: Outcome, *, text: str) -> str:
        """Say what became of a build in doubt."""


OrderKind = Literal["pause", "resume", "drain", "abort"]
ORDERS: Final[dict[OrderKind, type[Pause | Resume | Drain | Abort]]] = {
    "pause": Pause,
    "resume": Resume,
    "drain": Drain,
    "abort": Abort,
}


class OrderDesk(Protocol):
    """Takes orders to a campaign as a whole."""

    campaign: str

    def order(self, kind: OrderKind, *, reason: str) -> str:
        """Pause, resume, drain or abort the campaign; return what came of it."""


class HomeOrderDesk:
    """Takes orders to a campaign in a home of this machine, from whoever owns the home."""

    def __init__(self, home: Home, campaign: str) -> None:
        self._home = home
        self.campaign = campaign

    def order(self, kind: OrderKind, *, reason: str) -> str:
        """Pause, resume, drain or abort the campaign; return what came of it."""
        return operate(self._home, ORDERS[kind](campaign=self.campaign, reason=reason))


class HomeDesk:
    """The desk of a campaign in a home of this machine."""

    def __init__(self, home: Home, state: State, person: Person) -> None:
        self._home = home
        self._state = state
        self._person = person

    def approve(self, version: str, *, text: str) -> str:
        """Have exactly this version built."""
        return self._decided(version, verdict="approved", text=text)

    def reject(self, version: str, reason: RejectionReason, *, text: str) -> str:
        """Have this version not built."""
        return self._decided(version, verdict="rejected", reason=reason, text=text)

    def withdraw(self, proposal_id: str, *, text: str) -> str:
        """Take an approval back before anything was sent."""
        start = ""
        if "@" in proposal_id:
            proposal_id, start = parted(proposal_id)
        record = self._state.proposals.get(proposal_id)
        if record is None:
            raise Invalid(f"campaign {self._state.campaign.name} has no proposal {proposal_id!r}")
        digest = record.proposal.digest
        if not digest.startswith(start):
            raise Invalid(stale(record).message)
        return self._done(Withdraw, proposal_id=proposal_id, digest=digest, text=text)

    def settle(self, build_id: str, outcome: Outcome, *, text: str) -> str:
        """Say what became of a build in doubt."""
        return self._done(Settle, build_id=build_id, outcome=outcome, text=text)

    def _decided(self, version: str, **given: Any) -> str:
        proposal_id, digest = shown_version(self._state, version)
        return self._done(Decide, proposal_id=proposal_id, digest=digest, **given)

    def _done(self, kind: type[Order], **given: Any) -> str:
        campaign = self._state.campaign.name
        return operate(self._home, order_of(kind, campaign=campaign, by=self._person, **given))


def parted(version: str) -> tuple[str, str]:
    """Return the proposal and the beginning of the digest that a version names.

    Raises ``Invalid`` where it names none.
    """
    found = _VERSION.fullmatch(version)
    if found is None:
        raise Invalid(f"{version!r} is no version: p3@1a2b3c4d, as cellwright pending shows it")
    return found[1], found[2]


def shown_version(state: State, version: str) -> tuple[str, str]:
    """Return proposal and whole digest of a version, as it was shown.

    Raises ``Invalid`` where that version does not wait any more.
    """
    proposal_id, start = parted(version)
    record = state.proposals.get(proposal_id)
    digest = record.proposal.digest if record is not None else start
    if not digest.startswith(start):
        digest = start
    try:
        waiting_proposal(state, proposal_id, digest, wiring.clock().now())
    except Rejected as error:
        raise Invalid(error.message) from error
    return proposal_id, digest
