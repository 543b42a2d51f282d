"""The files that pages load: our style and script, and what we vendor; nothing from elsewhere."""

from __future__ import annotations

import functools
import gzip
import hashlib
import importlib.resources
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from controller.report.tokens import DARK, LIGHT, css_variables
from controller.web.problem import HttpProblem

_TYPES: Final = {
    "room.css": "text/css; charset=utf-8",
    "plotly.css": "text/css; charset=utf-8",
    "room.js": "text/javascript; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "plotly-strict.min.js": "text/javascript; charset=utf-8",
}
"""Every file there is; no other name leads anywhere."""


class StaticFile(NamedTuple):
    """A file as it is sent."""

    content: bytes
    packed: bytes
    tag: str


@functools.cache
def static_file(name: str) -> StaticFile:
    """Return a file. Raises ``KeyError``."""
    if name not in _TYPES:
        raise KeyError(name)
    content = (importlib.resources.files("controller.web") / "static" / name).read_bytes()
    if name == "room.css":
        content = _themes().encode() + content
    packed = gzip.compress(content, 6, mtime=0)
    return StaticFile(content, packed, hashlib.sha256(content).hexdigest()[:16])


def static_url(name: str) -> str:
    """Return a file's address; another content has another one."""
    return f"/static/{name}?v={static_file(name).tag}"


async def static(request: Request) -> Response:
    """Send a file."""
    name = request.path_params["name"]
    try:
        file = static_file(name)
    except KeyError:
        raise HttpProblem("there is no such file", status=404) from None
    headers = {
        "ETag": f'"{file.tag}"',
        "Cache-Control": "public, max-age=31536000, immutable",
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(file.packed, headers=headers, media_type=_TYPES[name])
    return Response(file.content, headers=headers, media_type=_TYPES[name])


def _themes() -> str:
    """Return the tokens of both themes, as the reports have them."""
    light, dark = css_variables(LIGHT), css_variables(DARK)
    return (
        f":root {{ {light} color-scheme: light; }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root:not([data-theme=light]) {{ {dark} "
        "color-scheme: dark; } }\n"
        f":root[data-theme=dark] {{ {dark} color-scheme: dark; }}\n"
    )
