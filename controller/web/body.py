"""Read what a client sends: bounded in size, time and depth, and valid or refused in words."""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any, Final, NoReturn, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from controller.web.problem import HttpProblem
from experiments.errors import Invalid

MAX_BYTES: Final = 256 * 1024
"""Several times the longest campaign file; a recipe's edit is under 1 kB."""
_PATIENCE_S: Final = 10.0
_MAX_DEPTH: Final = 32
_MAX_FIELDS: Final = 200
_LARGEST_INT: Final = 2**63

Model = TypeVar("Model", bound=BaseModel)


async def read_body(request: Request) -> bytes:
    """Return the body. Raises ``HttpProblem`` where it is too long or too slow."""
    claimed = request.headers.get("content-length", "0")
    if not claimed.isdigit() or int(claimed) > MAX_BYTES:
        raise _too_long()
    parts, n = [], 0
    try:
        async with asyncio.timeout(_PATIENCE_S):
            async for part in request.stream():
                n += len(part)
                if n > MAX_BYTES:
                    raise _too_long()
                parts.append(part)
    except TimeoutError:
        raise HttpProblem("the body came too slowly", status=408) from None
    except ClientDisconnect:
        raise HttpProblem("the client hung up", status=400) from None
    return b"".join(parts)


async def read_json(request: Request) -> bytes:
    """Return the body of a request that says it is JSON. Raises ``HttpProblem``."""
    if not _is_of_type(request, "application/json"):
        raise HttpProblem("send application/json", status=415)
    return await read_body(request)


def model_of(body: bytes, model: type[Model]) -> Model:
    """Return a JSON body as a model. Raises ``HttpProblem`` and ``Invalid``."""
    return validated(parsed_json(body), model)


async def read_form(request: Request) -> dict[str, str]:
    """Return a form's fields; the first of each name counts. Raises ``HttpProblem``."""
    if not _is_of_type(request, "application/x-www-form-urlencoded"):
        raise HttpProblem("send application/x-www-form-urlencoded", status=415)
    body = await read_body(request)
    try:
        fields = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError as error:
        raise HttpProblem("the form cannot be read", status=400) from error
    return dict(reversed(fields))


def parsed_json(body: bytes) -> Any:
    """Return JSON as RFC 8259 has it: UTF-8, no NaN, numbers that a float or 64 bits hold.

    Raises ``HttpProblem``.
    """
    try:
        value = json.loads(
            body.decode("utf-8"),
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_bounded,
        )
    except RecursionError:
        raise HttpProblem("the JSON is too deep", status=400) from None
    except ValueError as error:
        raise HttpProblem(f"this is no JSON: {error}", status=400) from error
    _refuse_depth_and_surrogates(value)
    return value


def validated(value: Any, model: type[Model]) -> Model:
    """Return a value as a model. Raises ``Invalid`` with the first thing that is wrong."""
    try:
        return model.model_validate_json(json.dumps(value))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Invalid(f"{place}: {first['msg']}" if place else str(first["msg"])) from None


def _is_of_type(request: Request, wanted: str) -> bool:
    found = request.headers.get("content-type", "").partition(";")[0]
    return found.strip().lower() == wanted


def _too_long() -> HttpProblem:
    return HttpProblem(f"at most {MAX_BYTES} bytes are read", status=413)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is too large")
    return value


def _bounded(text: str) -> int:
    if len(text) > 20 or abs(int(text)) >= _LARGEST_INT:
        raise ValueError(f"{text[:40]} is too large")
    return int(text)


def _refuse_depth_and_surrogates(value: Any) -> None:
    """Walk without recursion: what came through the parser may still be deep."""
    waiting = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        if depth > _MAX_DEPTH:
            raise HttpProblem("the JSON is too deep", status=400)
        if isinstance(one, dict):
            waiting += [(part, depth + 1) for pair in one.items() for part in pair]
        elif isinstance(one, list):
            waiting += [(part, depth + 1) for part in one]
        elif isinstance(one, str) and any("\ud800" <= letter <= "\udfff" for letter in one):
            raise HttpProblem("the JSON holds half a character", status=400)
