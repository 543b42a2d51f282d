"""Carry a request out once, however often it is sent with the same ``Idempotency-Key``."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from controller.people.answers import KeptAnswer
from controller.web.needs import caller_of
from controller.web.problem import HttpProblem
from controller.web.service import service_of
from experiments.errors import Invalid

HEADER: Final = "idempotency-key"
_KEY: Final = re.compile(r"[\x21-\x7e]{8,64}")


async def once(
    request: Request, body: bytes, act: Callable[[], Awaitable[tuple[int, dict[str, Any]]]]
) -> Response:
    """Answer with what ``act`` gives, or with what it gave when this key came first.

    Raises ``Invalid`` for a key that came with another request, ``HttpProblem`` while the first
    one is under way. A request that was refused is not kept: it may be put right and sent again.
    """
    service, person = service_of(request), caller_of(request).person
    key = request.headers.get(HEADER)
    if key is None or person is None:
        return answered(*await act())
    if not _KEY.fullmatch(key):
        raise Invalid("Idempotency-Key: 8 to 64 letters, digits and signs without spaces")
    digest = hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + body).hexdigest()
    kept = service.people.answers.find(person.name, key)
    if kept is not None:
        if kept.request != digest:
            raise Invalid("this Idempotency-Key came with another request")
        return answered(kept.status, json.loads(kept.body))
    mine = (person.name, key)
    if mine in service.under_way:
        raise HttpProblem("the first request with this Idempotency-Key is under way", status=409)
    service.under_way.add(mine)
    try:
        status, document = await act()
        service.people.answers.keep(
            person.name, key, KeptAnswer(digest, status, json.dumps(document))
        )
        return answered(status, document)
    finally:
        service.under_way.discard(mine)


def answered(status: int, document: dict[str, Any] | list[Any]) -> Response:
    """Return a JSON document as an answer."""
    content = json.dumps(document, allow_nan=False)
    return Response(content, status, media_type="application/json")
