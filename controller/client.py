"""A typed client of the lab service's API, for scripts and notebooks."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, Self, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from controller.audit import AuditLine
from controller.status_document import StatusDocument
from controller.trace import Trace
from experiments.errors import (
    CellwrightError,
    DiskFull,
    InternalError,
    Invalid,
    NotAllowed,
    NotSignedIn,
    Rejected,
    TooManyAttempts,
    Transient,
    Unreachable,
)
from experiments.observation import Observation
from experiments.proposal import Proposal, RejectionReason

PATIENCE_S: Final = 30.0
_PAGE: Final = 200
_ERRORS: Final[dict[int, type[CellwrightError]]] = {
    400: Invalid,
    401: NotSignedIn,
    403: NotAllowed,
    404: Invalid,
    409: Rejected,
    412: Rejected,
    422: Invalid,
    428: Invalid,
    429: TooManyAttempts,
    503: Unreachable,
    507: DiskFull,
}
OrderKind = Literal["pause", "resume", "drain", "abort", "run"]
Outcome = Literal["accepted", "not_accepted", "given_up"]
Model = TypeVar("Model", bound=BaseModel)


class CampaignLine(BaseModel):
    """A campaign in the service's list."""

    model_config = ConfigDict(frozen=True)
    name: str
    state: str
    position: int
    started_at: str
    observations: int


class ShownProposal(BaseModel):
    """A proposal as it is now; a decision is on its digest."""

    model_config = ConfigDict(frozen=True)
    id: str
    version: int
    digest: str
    status: str
    build_id: str | None
    proposal: Proposal


class TriedEdit(BaseModel):
    """What an edit would come to."""

    model_config = ConfigDict(frozen=True)
    words: str
    """What it gives up, or why it cannot be scored."""
    proposal: Proposal


class ShownBuild(BaseModel):
    """A build as it is now."""

    model_config = ConfigDict(frozen=True)
    id: str
    proposal_id: str
    instrument: str
    stage: str
    since: str
    reason: str
    needs_person: bool
    station: str | None
    n_cells: int
    n_ok: int | None
    job_id: str | None


class Client:
    """One service, and somebody's token for it.

    Every method raises the error that the service told of: ``NotSignedIn``, ``NotAllowed``,
    ``Invalid``, ``Rejected`` (another version is there, or somebody was faster), and
    ``Unreachable`` where it cannot be reached. Nothing is sent twice by itself.
    """

    def __init__(self, address: str, token: str, *, http: httpx.Client | None = None) -> None:
        """``http`` brings settings of its own, such as a certificate to trust."""
        self._http = http or httpx.Client(base_url=address, timeout=PATIENCE_S)
        self._headers = {"Authorization": f"Bearer {token}"}

    def campaigns(self) -> list[CampaignLine]:
        """Return the campaigns one may see, the latest first."""
        return [_as(CampaignLine, one) for one in self._all("/campaigns")]

    def status(self, campaign: str) -> StatusDocument:
        """Return how a campaign stands, as ``cellwright status --json`` does."""
        return _as(StatusDocument, self._get(f"/campaigns/{campaign}"))

    def observations(self, campaign: str) -> Iterator[Observation]:
        """Yield a campaign's observations in the order they came."""
        for one in self._all(f"/campaigns/{campaign}/observations"):
            yield _as(Observation, one)

    def trace(self, campaign: str, job_id: str) -> Trace:
        """Return where an observation came from."""
        return _as(Trace, self._get(f"/campaigns/{campaign}/observations/{job_id}/trace"))

    def proposals(self, campaign: str) -> list[ShownProposal]:
        """Return a campaign's proposals in the order they were made."""
        ids = [one["id"] for one in self._all(f"/campaigns/{campaign}/proposals")]
        return [self.proposal(campaign, one) for one in ids]

    def proposal(self, campaign: str, proposal_id: str) -> ShownProposal:
        """Return a proposal as it is now."""
        return _as(ShownProposal, self._get(f"/campaigns/{campaign}/proposals/{proposal_id}"))

    def approve(self, campaign: str, shown: ShownProposal, *, text: str = "") -> str:
        """Approve exactly what was shown; return what the service says."""
        return self._decide(campaign, shown, {"verdict": "approved", "text": text})

    def reject(
        self, campaign: str, shown: ShownProposal, reason: RejectionReason, *, text: str = ""
    ) -> str:
        """Reject what was shown; return what the service says."""
        body = {"verdict": "rejected", "reason": reason, "text": text}
        return self._decide(campaign, shown, body)

    def try_edit(
        self,
        campaign: str,
        shown: ShownProposal,
        values: Mapping[str, float | int | str],
        *,
        n_cells: int | None = None,
    ) -> TriedEdit:
        """Return what other values would come to; nothing is stored."""
        path = f"/campaigns/{campaign}/proposals/{shown.id}/trial"
        body = {"values": dict(values), "n_cells": n_cells}
        return _as(TriedEdit, self._sent(path, body, digest=shown.digest))

    def edit(
        self,
        campaign: str,
        shown: ShownProposal,
        values: Mapping[str, float | int | str],
        *,
        n_cells: int | None = None,
        text: str = "",
    ) -> str:
        """Ask for other values than were shown: a new version, on which nobody has decided."""
        path = f"/campaigns/{campaign}/proposals/{shown.id}/edit"
        body = {"values": dict(values), "n_cells": n_cells, "text": text}
        return self._post(path, body, digest=shown.digest)

    def withdraw(self, campaign: str, shown: ShownProposal, *, text: str = "") -> str:
        """Take an approval back before anything was sent; return what the service says."""
        path = f"/campaigns/{campaign}/proposals/{shown.id}/withdrawal"
        return self._post(path, {"text": text}, digest=shown.digest)

    def builds(self, campaign: str) -> list[ShownBuild]:
        """Return a campaign's builds in the order of their approval."""
        return [_as(ShownBuild, one) for one in self._all(f"/campaigns/{campaign}/builds")]

    def settle(self, campaign: str, build_id: str, outcome: Outcome, *, text: str = "") -> str:
        """Say what became of a build whose outcome nobody knows."""
        path = f"/campaigns/{campaign}/builds/{build_id}/settlement"
        return self._post(path, {"outcome": outcome, "text": text})

    def order(self, campaign: str, kind: OrderKind, *, reason: str = "") -> str:
        """Pause, resume, drain or abort a campaign, or go on with it."""
        return self._post(f"/campaigns/{campaign}/orders", {"kind": kind, "reason": reason})

    def start(self, campaign_yaml: str) -> str:
        """Check a campaign's file and start it; return what the service says."""
        return self._post("/campaigns", {"yaml": campaign_yaml})

    def audit(self, campaign: str) -> list[AuditLine]:
        """Return every decision, from a journal whose chain was checked."""
        lines: list[AuditLine] = []
        after: int | None = 0
        while after is not None:
            found = self._get(f"/campaigns/{campaign}/audit", after=after)
            lines += [_as(AuditLine, one) for one in found["decisions"]]
            after = found["next"]
        return lines

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _decide(self, campaign: str, shown: ShownProposal, body: dict[str, Any]) -> str:
        path = f"/campaigns/{campaign}/proposals/{shown.id}/decision"
        return self._post(path, body, digest=shown.digest)

    def _all(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield every item of a list, page by page."""
        after: int | None = 0
        while after is not None:
            page = self._get(path, after=after, limit=_PAGE)
            yield from page["items"]
            after = page["next"]

    def _get(self, path: str, **query: int) -> dict[str, Any]:
        return self._asked("GET", path, params=query)

    def _post(self, path: str, body: dict[str, Any], *, digest: str | None = None) -> str:
        return str(self._sent(path, body, digest=digest)["message"])

    def _sent(
        self, path: str, body: dict[str, Any], *, digest: str | None = None
    ) -> dict[str, Any]:
        headers = {"Idempotency-Key": secrets.token_urlsafe(24)}
        if digest is not None:
            headers["If-Match"] = f'"{digest}"'
        return self._asked("POST", path, json=body, headers=headers)

    def _asked(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        headers = {**self._headers, **more.pop("headers", {})}
        try:
            answer = self._http.request(method, f"/api/v1{path}", headers=headers, **more)
            document: dict[str, Any] = answer.json()
        except httpx.HTTPError as error:
            raise Unreachable(f"the service cannot be reached: {error}") from error
        except ValueError as error:
            raise Unreachable(f"the service answered {answer.status_code} in no JSON") from error
        if answer.is_success:
            return document
        kind = _ERRORS.get(answer.status_code, Transient)
        raise kind(str(document.get("detail", answer.reason_phrase)), status=answer.status_code)


def _as(model: type[Model], document: Any) -> Model:
    try:
        return model.model_validate(document, strict=False)
    except ValidationError as error:
        raise InternalError(f"the service's {model.__name__} cannot be read: {error}") from error
