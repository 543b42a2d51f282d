"""What went wrong, as RFC 9457 says it: one JSON document, the same for every error."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from experiments.errors import (
    CellwrightError,
    DiskFull,
    HomeInUse,
    Invalid,
    NotAllowed,
    NotSignedIn,
    Rejected,
    TooManyAttempts,
    Transient,
    Unreachable,
    Unsafe,
)

_LONGEST: Final = 2000
STATUS: Final[tuple[tuple[type[CellwrightError], int], ...]] = (
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (TooManyAttempts, 429),
    (HomeInUse, 409),
    (Unreachable, 503),
    (DiskFull, 507),
    (Invalid, 422),
    (Unsafe, 422),
    (Rejected, 409),
    (Transient, 503),
)
"""The first that fits counts."""
OF_REASON: Final = {
    "stale": 412,
    "not_allowed": 403,
    "needs_second": 403,
    "unknown_proposal": 404,
    "unknown_build": 404,
    "needs_reason": 422,
    "needs_until": 422,
    "out_of_range": 422,
    "nothing_changed": 422,
    "over_limits": 422,
}
"""Refusals by the rules of proposals and builds; any other is 409."""


class HttpProblem(CellwrightError):
    """A request that HTTP itself has a status for."""

    def __init__(self, message: str, *, status: int, **evidence: Any) -> None:
        super().__init__(message, status=status, **evidence)


def status_of(error: CellwrightError) -> int:
    """Return the status an error is answered with."""
    if isinstance(error, HttpProblem):
        return int(error.evidence["status"])
    if isinstance(error, Rejected) and error.evidence.get("reason") in OF_REASON:
        return OF_REASON[error.evidence["reason"]]
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """Return the document; whatever the words hold, it can be sent."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail[:_LONGEST],
    }
    content = json.dumps(body, ensure_ascii=True, allow_nan=False)
    return Response(content, status, headers, media_type="application/problem+json")


def headers_of(error: CellwrightError) -> dict[str, str]:
    """Return what HTTP wants beside an error's status."""
    status = status_of(error)
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    after_s = error.evidence.get("after_s")
    return (
        {"Retry-After": str(int(after_s))} if status in (429, 503) and after_s is not None else {}
    )
