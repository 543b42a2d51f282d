"""The generic lab's HTTP protocol: paths and documents (docs/lab_openapi.json).

``GET /v1/health`` · ``GET /v1/capabilities`` · ``PUT /v1/builds/{id}`` · ``GET /v1/builds/{id}`` ·
``POST /v1/builds/{id}/abort`` · ``GET /v1/builds/{id}/files`` ·
``GET /v1/builds/{id}/files/{name}`` · ``GET /v1/notices?after=N``. All but health carry
``Authorization: Bearer`` with ``experiments.signature.access_token`` of the instrument's secret.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field

from experiments.build_status import BuildState, ResultEntry
from experiments.capabilities import Refusal
from experiments.frozen import Frozen

PREFIX: Final = "/v1"


class Refused(Frozen):
    """Why the lab did not do what was asked."""

    reason: str
    """``bad_signature``, ``old_epoch``, ``other_payload``, ``limits``, ``unknown_build``,
    ``unknown_file``, ``no_access``, ``busy`` or ``internal``."""
    message: str
    refusals: tuple[Refusal, ...] = ()
    newest_epoch: int | None = None


class AbortRequest(Frozen):
    """Why a build is stopped."""

    reason: str = Field(max_length=2000)


class FileList(Frozen):
    """The result files of one build."""

    build_id: str
    files: tuple[ResultEntry, ...]


class Notice(Frozen):
    """Something changed: a reason to ask, never a fact to rely on.

    Notices may come twice, late, out of order or never.
    """

    sequence: int = Field(ge=0)
    build_id: str
    state: BuildState


class NoticeList(Frozen):
    """Notices beyond a sequence number."""

    notices: tuple[Notice, ...]


STATUS_OF: Final[dict[str, int]] = {
    "no_access": 401,
    "bad_signature": 403,
    "unknown_build": 404,
    "unknown_file": 404,
    "other_payload": 409,
    "old_epoch": 412,
    "limits": 422,
    "invalid": 422,
    "busy": 429,
    "internal": 500,
}
"""Reason → HTTP status."""

REASONS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Refused} for status in sorted(set(STATUS_OF.values()))
}
