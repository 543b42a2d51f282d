"""The desk of a service elsewhere, reached over HTTP with a person's token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from controller.client import Client, ShownProposal
from controller.desk import OrderKind, parted
from controller.settling import Outcome
from experiments.errors import Invalid
from experiments.proposal import RejectionReason

_HERE: Final = ("127.0.0.1", "::1", "localhost")


class ServiceDesk:
    """Decides through a service about one of its campaigns."""

    def __init__(self, client: Client, campaign: str | None) -> None:
        """``campaign`` None takes the only one that the person may see.

        Raises ``Invalid`` where there are several, or none.
        """
        self._client = client
        self.campaign = campaign or _only_campaign(client)

    def waiting(self) -> list[ShownProposal]:
        """Return the proposals that wait for a decision."""
        shown = self._client.proposals(self.campaign)
        return [one for one in shown if one.status == "proposed"]

    def approve(self, version: str, *, text: str) -> str:
        """Have exactly this version built."""
        return self._client.approve(self.campaign, self._shown(version), text=text)

    def reject(self, version: str, reason: RejectionReason, *, text: str) -> str:
        """Have this version not built."""
        return self._client.reject(self.campaign, self._shown(version), reason, text=text)

    def withdraw(self, proposal_id: str, *, text: str) -> str:
        """Take an approval back before anything was sent."""
        known_id, start = parted(proposal_id) if "@" in proposal_id else (proposal_id, "")
        shown = self._client.proposal(self.campaign, known_id)
        if not shown.digest.startswith(start):
            raise Invalid(f"{known_id} is at {shown.digest[:12]}… by now: look at it again")
        return self._client.withdraw(self.campaign, shown, text=text)

    def settle(self, build_id: str, outcome: Outcome, *, text: str) -> str:
        """Say what became of a build in doubt."""
        return self._client.settle(self.campaign, build_id, outcome, text=text)

    def order(self, kind: OrderKind, *, reason: str) -> str:
        """Pause, resume, drain or abort the campaign."""
        return self._client.order(self.campaign, kind, reason=reason)

    def _shown(self, version: str) -> ShownProposal:
        """Return the proposal, if it is still the version named. Raises ``Invalid``."""
        proposal_id, start = parted(version)
        found = self._client.proposal(self.campaign, proposal_id)
        if not found.digest.startswith(start):
            raise Invalid(
                f"{proposal_id} is another version now ({proposal_id}@{found.digest[:12]}): "
                "look at it again before deciding"
            )
        return found


def reach(address: str, token: str, *, connect: Callable[[str, str], Client] = Client) -> Client:
    """Return the client of a service. Raises ``Invalid`` where the token would travel in clear."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Invalid(f"--service {address}: https://NAME[:PORT], as cellwright serve tells it")
    if parts.scheme == "http" and parts.hostname not in _HERE:
        raise Invalid(f"--service {address}: a token goes to another machine by https only")
    return connect(f"{parts.scheme}://{parts.netloc}", token)


def _only_campaign(client: Client) -> str:
    names = [one.name for one in client.campaigns()]
    if len(names) != 1:
        known = ", ".join(names) or "none that you may see"
        raise Invalid(f"which campaign? the service has {known}")
    return names[0]
