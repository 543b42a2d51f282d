"""Large JSON in pieces: whoever else wants the interpreter gets it between two of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

_AT_ONCE: Final = 1000
"""Entries written by one call, which takes about a millisecond."""


def json_pieces(value: Any) -> Iterator[str]:
    """Yield a value's JSON; put together, the pieces are what ``json.dumps`` gives.

    Long sequences are cut, in mappings at any depth; one within another sequence is not.
    """
    if isinstance(value, Mapping):
        yield "{"
        for n, (key, held) in enumerate(value.items() if _is_nested(value) else ()):
            yield (", " if n else "") + json.dumps({key: None})[1:-5]
            yield from json_pieces(held)
        if not _is_nested(value):
            yield from _inner(json.dumps(dict(some)) for some in _cut(value.items()))
        yield "}"
    elif isinstance(value, list | tuple):
        yield "["
        yield from _inner(json.dumps(some) for some in _cut(value))
        yield "]"
    else:
        yield json.dumps(value)


def _is_nested(mapping: Mapping[Any, Any]) -> bool:
    return any(isinstance(held, Mapping | list | tuple) for held in mapping.values())


def _inner(texts: Iterable[str]) -> Iterator[str]:
    """Yield texts without their brackets, as one sequence."""
    for n, text in enumerate(texts):
        yield (", " if n else "") + text[1:-1]


def _cut(entries: Iterable[Any]) -> Iterator[list[Any]]:
    entries = iter(entries)
    while some := list(islice(entries, _AT_ONCE)):
        yield some
