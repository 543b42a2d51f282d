"""What differs between two requests, key by key, for people and for the record of an edit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import JsonValue

from experiments.build import BuildRequest


def differences(
    before: BuildRequest, after: BuildRequest
) -> dict[str, tuple[JsonValue, JsonValue]]:
    """Return dotted key → (before, after) of everything that differs."""
    old = dict(_leaves("", before.model_dump(mode="json")))
    new = dict(_leaves("", after.model_dump(mode="json")))
    keys = [*old, *(key for key in new if key not in old)]
    return {key: (old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)}


def _leaves(path: str, value: Any) -> Iterator[tuple[str, JsonValue]]:
    items = value.items() if isinstance(value, dict) else enumerate(value, start=1)
    for key, item in items:
        here = f"{path}.{key}" if path else str(key)
        if isinstance(item, dict | list):
            yield from _leaves(here, item)
        else:
            yield here, item
