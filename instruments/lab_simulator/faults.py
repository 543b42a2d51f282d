"""What goes wrong on the way to a lab and back, by seed: an ASGI layer around the server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from experiments.errors import Invalid

KINDS: Final = {
    "timeout_before_accept": "the request is never read",
    "timeout_after_accept": "the request is carried out, no answer comes",
    "error_500_before": "500, nothing was done",
    "error_500_after": "500, and it was done",
    "busy_429": "429 with Retry-After, nothing was done",
    "unavailable_503": "503, nothing was done",
    "slow": "the answer takes seconds",
    "truncated": "the body is shorter than announced",
    "garbage": "the body is no JSON",
    "empty": "200 without a body",
    "wrong_build_id": "the answer tells of another build",
    "wrong_file": "a file's bytes are not those of its hash",
    "duplicate_notices": "every notice comes twice",
    "reordered_notices": "notices come in any order",
    "lost_notices": "notices never come",
    "amnesia": "the front desk forgets every build",
    "clock_backwards": "the lab's clock is an hour behind what it told before",
    "connection_reset": "the connection is cut before any answer",
    "redirect": "307 to another address",
    "oversized": "the answer never ends",
}
"""Fault → what it does."""

SLOW_S: Final = 2.0
HANG_S: Final = 3600.0
_BEFORE: Final = {
    "error_500_before": (500, b'{"reason":"internal","message":"a fault"}'),
    "busy_429": (429, b'{"reason":"busy","message":"a fault"}'),
    "unavailable_503": (503, b"<html>unavailable</html>"),
    "redirect": (307, b""),
}


@dataclass(frozen=True)
class FaultPlan:
    """Kinds with the share of requests they befall; draws follow the seed and the order."""

    rates: Mapping[str, float]
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse unknown kinds and impossible rates."""
        for kind, rate in self.rates.items():
            if kind not in KINDS:
                raise Invalid(f"fault {kind!r} is not known; allowed: {', '.join(KINDS)}")
            if not 0.0 <= rate <= 1.0:
                raise Invalid(f"fault {kind}: rate {rate:g} is out of range; allowed: 0 to 1")


class FaultyLab:
    """Wraps the lab's application; health is never touched."""

    def __init__(self, app: Any, plan: FaultPlan, forget: Any = None) -> None:
        self._app = app
        self._plan = plan
        self._random = Random(plan.seed)  # noqa: S311
        self._forget = forget
        self.n_requests = 0
        self.befallen: dict[str, int] = dict.fromkeys(plan.rates, 0)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request, or spoil it."""
        if scope["type"] != "http" or scope["path"].endswith("/health"):
            await self._app(scope, receive, send)
            return
        kind = self._drawn(scope)
        if kind is None:
            await self._app(scope, receive, send)
            return
        self.befallen[kind] += 1
        if kind == "amnesia" and self._forget is not None:
            self._forget()
        if kind == "slow":
            await asyncio.sleep(SLOW_S)
        if kind in _BEFORE:
            await _answer(send, *_BEFORE[kind])
        elif kind == "timeout_before_accept":
            await asyncio.sleep(HANG_S)
        elif kind == "connection_reset":
            raise ConnectionResetError("a fault")
        else:
            await self._spoiled(kind, scope, receive, send)

    def _drawn(self, scope: Any) -> str | None:
        """Return what befalls this request; a kind that cannot show here is not drawn."""
        self.n_requests += 1
        path = scope["path"]
        for kind, rate in self._plan.rates.items():
            is_of_notices = kind.endswith("_notices")
            is_of_files = kind == "wrong_file"
            if is_of_notices != path.endswith("/notices") and is_of_notices:
                continue
            if is_of_files and "/files/" not in path:
                continue
            if self._random.random() < rate:
                return kind
        return None

    async def _spoiled(self, kind: str, scope: Any, receive: Any, send: Any) -> None:
        status, headers, body = await _collected(self._app, scope, receive)
        if kind == "timeout_after_accept":
            await asyncio.sleep(HANG_S)
        elif kind == "error_500_after":
            await _answer(send, 500, b'{"reason":"internal","message":"a fault"}')
        elif kind == "truncated":
            await _answer(send, status, body[: len(body) // 2], announced=len(body) + 1)
        elif kind == "garbage":
            await _answer(send, status, b"\x00{not json" + body[:10])
        elif kind == "empty":
            await _answer(send, status, b"")
        elif kind == "oversized":
            await _endless(send)
        else:
            await _answer(send, status, self._changed(kind, body), headers=headers)

    def _changed(self, kind: str, body: bytes) -> bytes:
        if kind == "wrong_file":
            return body[:-1] + bytes([body[-1] ^ 1]) if body else b"x"
        try:
            document = json.loads(body)
        except ValueError:
            return body
        if kind == "wrong_build_id" and "build_id" in document:
            document["build_id"] = "another"
        elif kind == "clock_backwards" and "told_at" in document:
            document["told_at"] = "2020-01-01T00:00:00+00:00"
        elif kind.endswith("_notices"):
            notices = document.get("notices", [])
            if kind == "duplicate_notices":
                notices = [notice for notice in notices for _ in range(2)]
            elif kind == "reordered_notices":
                self._random.shuffle(notices)
            else:
                notices = []
            document["notices"] = notices
        return json.dumps(document).encode()


async def _collected(app: Any, scope: Any, receive: Any) -> tuple[int, Any, bytes]:
    """Run the application and return what it would have answered."""
    status, headers, parts = 500, [], []

    async def keep(message: Any) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], message["headers"]
        else:
            parts.append(message.get("body", b""))

    await app(scope, receive, keep)
    return status, headers, b"".join(parts)


async def _answer(
    send: Any, status: int, body: bytes, *, announced: int | None = None, headers: Any = ()
) -> None:
    own = {b"content-length", b"content-type"}
    sent = [(k, v) for k, v in headers if k not in own]
    sent += [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body) if announced is None else announced).encode()),
    ]
    if status == 429:
        sent.append((b"retry-after", b"1"))
    if status == 307:
        sent.append((b"location", b"http://127.0.0.1:9/elsewhere"))
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})


async def _endless(send: Any) -> None:
    """Send until the caller hangs up, 1 GiB at most."""
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", b"application/json")],
        }
    )
    for _ in range(1024):
        await send({"type": "http.response.body", "body": b" " * 2**20, "more_body": True})
        await asyncio.sleep(0)
    await send({"type": "http.response.body", "body": b""})
