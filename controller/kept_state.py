"""The folded state of a campaign, kept beside the journal so that a long one starts fast.

A projection that can be thrown away: it is used only where its own content has the hash it says,
where it was made by the code that reads it, and where the journal holds, at its position, the row
with the hash it names; otherwise the state is folded from the first event on. Events past that
place are verified and folded as always. Those before it are verified in the background, and by
``cellwright verify``.

The file holds JSON lines: a head, the small fields, and every dispatch and observation on a line of
its own, which stays bytes until somebody looks at it.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, NamedTuple, get_type_hints

import pydantic
from pydantic import TypeAdapter

import controller
import experiments
from controller.growing_map import GrowingMap
from controller.home import Home
from controller.journal import Anchor
from controller.state import Dispatch, State
from controller.stored_artifacts import StoredArtifacts
from experiments.observation import Observation

_LINES: Final = ("dispatches", "observations")
_TABLES: Final = ("observed_at", "stored")
_DISPATCH: Final = TypeAdapter(Dispatch)
_SMALL: Final = {
    name: TypeAdapter(hint)
    for name, hint in get_type_hints(State).items()
    if name not in (*_LINES, *_TABLES)
}


class KeptState(NamedTuple):
    """A state, and the place in the journal it is of."""

    state: State
    anchor: Anchor


class _Undecoded(list[Any]):
    """Values that are bytes until they are asked for."""

    def __init__(self, lines: list[bytes], decode: Callable[[bytes], Any]) -> None:
        super().__init__(lines)
        self._decode = decode

    def __getitem__(self, place: Any) -> Any:
        value = super().__getitem__(place)
        if isinstance(value, bytes):
            value = self._decode(value)
            self[place] = value
        return value

    def __iter__(self) -> Iterator[Any]:
        for place in range(len(self)):
            yield self[place]


def kept_state_path(home: Home, campaign: str) -> Path:
    """Return where a campaign's state is kept."""
    return home.path / "states" / f"{campaign}.jsonl"


def keep_state(home: Home, state: State, anchor: Anchor) -> None:
    """Write the state, which is of the journal as far as ``anchor``. Raises ``OSError``."""
    path = kept_state_path(home, state.campaign.name)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    half = path.with_suffix(f".{os.getpid()}.part")
    digest = hashlib.sha256()
    try:
        with half.open("wb") as file:
            file.write(_head_line("0" * 64, anchor))
            for line in _lines(state):
                digest.update(line)
                file.write(line)
            file.seek(0)
            file.write(_head_line(digest.hexdigest(), anchor))
        os.replace(half, path)
    finally:
        half.unlink(missing_ok=True)


def read_kept_state(home: Home, campaign: str) -> KeptState | None:
    """Return the state that is kept, or None where there is none that this code can rely on."""
    try:
        head, _, rest = kept_state_path(home, campaign).read_bytes().partition(b"\n")
        said = json.loads(head)
        if said["code"] != code_hash() or said["sha256"] != hashlib.sha256(rest).hexdigest():
            return None
        state = _state(rest.split(b"\n"))
        anchor = Anchor(int(said["position"]), str(said["hash"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return KeptState(state, anchor) if state.campaign.name == campaign else None


@functools.cache
def code_hash() -> str:
    """Return a hash of all code that a state depends on."""
    digest = hashlib.sha256(pydantic.VERSION.encode())
    for package in (controller, experiments):
        for path in sorted(Path(package.__path__[0]).rglob("*.py")):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _head_line(digest: str, anchor: Anchor) -> bytes:
    head = {"code": code_hash(), "sha256": digest, **anchor._asdict()}
    return json.dumps(head).encode() + b"\n"


def _lines(state: State) -> Iterator[bytes]:
    small = {name: _SMALL[name].dump_python(getattr(state, name), mode="json") for name in _SMALL}
    counts = {name: len(getattr(state, name)) for name in _LINES}
    yield json.dumps({"small": small, "counts": counts}).encode() + b"\n"
    stored = state.stored
    tables = {
        "observed_at": dict(state.observed_at),
        "size_bytes": dict(stored.size_bytes),
        "dropped": sorted(stored.dropped),
        "total_bytes": stored.total_bytes,
        **{name: list(getattr(state, name)) for name in _LINES},
    }
    yield json.dumps(tables).encode() + b"\n"
    for value in _raw(state.dispatches):
        yield (value if isinstance(value, bytes) else _DISPATCH.dump_json(value)) + b"\n"
    for value in _raw(state.observations):
        line = value if isinstance(value, bytes) else value.model_dump_json().encode()
        yield line + b"\n"


def _raw(mapping: Mapping[str, Any]) -> Iterator[Any]:
    """Return a mapping's values without decoding those nobody has looked at."""
    return mapping.raw_values() if isinstance(mapping, GrowingMap) else iter(mapping.values())


def _state(lines: list[bytes]) -> State:
    first, tables = json.loads(lines[0]), json.loads(lines[1])
    values = {name: _SMALL[name].validate_python(first["small"][name]) for name in _SMALL}
    decoders: tuple[Callable[[bytes], Any], ...] = (
        _DISPATCH.validate_json,
        TypeAdapter(Observation).validate_json,
    )
    start = 2
    for name, decode in zip(_LINES, decoders, strict=True):
        end = start + int(first["counts"][name])
        values[name] = GrowingMap.of(tables[name], _Undecoded(lines[start:end], decode))
        start = end
    values["observed_at"] = GrowingMap(tables["observed_at"])
    values["stored"] = StoredArtifacts(
        GrowingMap(tables["size_bytes"]), frozenset(tables["dropped"]), tables["total_bytes"]
    )
    assert set(values) == {one.name for one in fields(State)}
    return State(**values)
