"""How the body of an event that an older version wrote is read: format by format, never rewritten.

A field with a default needs nothing here. A renamed, moved or reinterpreted one does: raise the
format by appending a function that turns a plain body of the format before into the new one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from experiments.errors import Rejected

Upcast = Callable[[dict[str, Any]], dict[str, Any]]
UPCASTS: Final[tuple[Upcast, ...]] = ()
"""The n-th one turns format n into format n + 1."""
BODY_VERSION: Final = len(UPCASTS) + 1
"""The format written now."""


def present_body(
    body: bytes, version: int, position: int, upcasts: Sequence[Upcast] = UPCASTS
) -> bytes:
    """Return the body in the present format. Raises ``Rejected`` for a format of the future."""
    present = len(upcasts) + 1
    if version == present:
        return body
    if not 1 <= version < present:
        raise Rejected(
            f"journal position {position} holds an event of format {version}; this version reads "
            f"formats up to {present}; use the version that wrote it",
            position=position,
        )
    plain = json.loads(body)
    for upcast in upcasts[version - 1 :]:
        plain = upcast(plain)
    return json.dumps(plain, ensure_ascii=False, allow_nan=False).encode()
