"""Read a lab's answer without trusting it: bounded, of the announced length, of the right kind."""

from __future__ import annotations

from typing import Final, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from experiments.errors import CellwrightError, Rejected, Transient, Unreachable, Unsafe
from instruments.lab_protocol import Refused

MAX_DOCUMENT_BYTES: Final = 4 * 2**20
MAX_FILE_BYTES: Final = 256 * 2**20

Document = TypeVar("Document", bound=BaseModel)


async def bounded_body(response: httpx.Response, most: int) -> bytes:
    """Return a streamed body. Raises ``Unreachable`` where it is larger or cut short."""
    announced = response.headers.get("content-length")
    if announced is not None and announced.isdigit() and int(announced) > most:
        raise Unreachable(f"the answer claims {int(announced)} bytes; allowed: {most}")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Unreachable("the answer is compressed, which was not asked for")
    parts, size = [], 0
    async for part in response.aiter_raw():
        size += len(part)
        if size > most:
            raise Unreachable(f"the answer is larger than {most} bytes")
        parts.append(part)
    return b"".join(parts)


def document_of(body: bytes, kind: type[Document]) -> Document:
    """Return a body as a model. Raises ``Unreachable`` where it is none."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise Unreachable(
            f"the answer is no {kind.__name__}: {'.'.join(map(str, first['loc']))} {first['msg']}"
        ) from error


def refusal_of(name: str, status: int, body: bytes) -> CellwrightError:
    """Return the error that an answer above 299 is."""
    if 300 <= status < 400:
        return Unreachable(f"{name} answered with a redirect ({status}), which is never followed")
    try:
        told = Refused.model_validate_json(body)
    except ValidationError:
        return Unreachable(f"{name} answered {status} without a reason", http_status=status)
    message = f"{name}: {told.message}"
    evidence = told.model_dump(mode="json", exclude={"message"})
    if status == 429:
        return Transient(message, **evidence)
    if status >= 500:
        return Unreachable(message, http_status=status, **evidence)
    is_of_safety = told.reason in ("limits", "bad_signature", "no_access")
    return (Unsafe if is_of_safety else Rejected)(message, **evidence)
