"""Requests that are nearly right, or nothing like it: drawn by chance, the same by one seed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import urlencode

PIECES = [
    *(b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e-999", b"-0", b"01", b"9" * 400, b"1e"),
    *(b"\\ud800", b"\\udfff\\ud800", b"\\u0000", b"\\x", b"\xff", b"\xc0\x80", b"\xed\xa0\x80"),
    *(b'"', b"'", b"}", b"]", b"{", b"[" * 300, b'{"a":' * 300, b"\x00", b"\r\n", b",", b":"),
]
TYPES = [
    "application/json",
    "application/json",
    "application/json; charset=utf-16",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "a/b;c",
    "",
]
VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    2**63,
    -(2**70),
    "",
    "x" * 3000,
    "\ud800",
    "\u0000",
    "é" * 50,
    [],
    {},
    [[[[[]]]]],
    {"a": {"b": {"c": 1}}},
    "approved",
    "rejected",
    "unsafe",
    "resume",
    "accepted",
    "0.3",
    1e-320,
    "a: &a [*a]",
    "!!python/name:os.system",
    "{" * 400,
    "- " * 2000,
]
NAMES = [
    "kind",
    "reason",
    "yaml",
    "verdict",
    "text",
    "values",
    "n_cells",
    "outcome",
    "",
    "__class__",
    "digest",
    "csrf",
    "name",
    "password",
    "next",
    "do",
    "positive.porosity",
    "\udcff",
    "x" * 500,
]
PARTS = [
    "x",
    "%00",
    "..%2f..%2fx",
    "a" * 300,
    "%ff",
    "p1",
    "b1",
    "-",
    "%e2%80%ae",
    "%2e%2e",
    "'--",
    "{x}",
    "%0d%0aX:y",
    "convergence-main",
    "1e400",
    "NaN",
]
QUERIES = [
    "",
    "",
    "after=-1",
    "limit=1e400",
    "limit=NaN",
    "after=%00&after=1",
    "limit=500&after=9" * 40,
    "next=//evil.example",
    "like=..%2fx",
    "after=" + "9" * 30,
    "%ff=%fe",
    "a&b&c=",
]


@dataclass(frozen=True)
class Malformed:
    """One request."""

    path: str
    headers: dict[bytes, bytes]
    body: bytes


def malformed(draw: Random, path: str, campaign: str) -> Malformed:
    """Return a request to a route, whose campaign is mostly the right one."""
    while "{" in path:
        head, _, rest = path.partition("{")
        name, _, tail = rest.partition("}")
        part = campaign if name == "campaign" and draw.random() < 0.8 else draw.choice(PARTS)
        if name in ("proposal", "build") and draw.random() < 0.6:
            part = name[0] + "1"
        path = head + part.replace("{", "%7b") + tail
    query = draw.choice(QUERIES)
    kind = draw.choice(TYPES)
    headers = {b"content-type": kind.encode()}
    if draw.random() < 0.5:
        match = draw.choice(['"' + "0" * 64 + '"', "*", "W/x", '"x"', "é", "x" * 3000])
        headers[b"if-match"] = match.encode()
    if draw.random() < 0.3:
        key = draw.choice(["x", "k" * 20, "é" * 9, "k" * 65, "a b c d e f"])
        headers[b"idempotency-key"] = key.encode()
    body = _form(draw) if "urlencoded" in kind else _json(draw)
    return Malformed(f"{path}?{query}" if query else path, headers, body)


def _json(draw: Random) -> bytes:
    size = draw.random()
    if size < 0.01:
        return draw.choice([b"[", b'{"a":', b"x", b'"', b"\x00"]) * draw.choice([10**5, 3 * 10**5])
    value: Any = {draw.choice(NAMES): draw.choice(VALUES) for _ in range(draw.randrange(5))}
    if size < 0.15:
        value = draw.choice(VALUES)
    body = bytearray(json.dumps(value).encode())
    if size > 0.9 and body.endswith(b"}") and len(body) > 2:
        body[-1:] = b"," + body[1:]  # every key twice
    for _ in range(draw.randrange(4)):
        place = draw.randrange(len(body) + 1)
        body[place:place] = draw.choice(PIECES)
    encoding = draw.random()
    if encoding < 0.05:
        return bytes(body).decode("latin-1").encode(draw.choice(["utf-16", "utf-32", "utf-8-sig"]))
    return bytes(body[: draw.randrange(len(body) + 1)]) if encoding < 0.1 else bytes(body)


def _form(draw: Random) -> bytes:
    fields = [
        (draw.choice(NAMES), str(draw.choice(VALUES))[:3000]) for _ in range(draw.randrange(8))
    ]
    body = bytearray(urlencode(fields, errors="surrogatepass").encode())
    for _ in range(draw.randrange(3)):
        place = draw.randrange(len(body) + 1)
        body[place:place] = draw.choice([b"%", b"%ff", b"%00", b"&" * 300, b"=", b"\xff", b"+"])
    return bytes(body)
