"""The folded state of a campaign, kept beside the journal so that a long one starts fast.

A projection that can be thrown away: it is used only where its own content has the hash it says,
where it was made by the code that reads it, and where the journal holds, at its position, the row
with the hash it names; otherwise the state is folded from the first event on. Events past that
place are verified and folded as always. Those before it are verified in the background, and by
``cellwright verify``.

The file holds a head, a line of JSON with all that is small, and then every dispatch and
observation packed, as it lies in a working control's memory.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, get_type_hints

import pydantic
import pydantic_core
from pydantic import JsonValue, TypeAdapter

import controller
import experiments
from controller.growing_map import GrowingMap
from controller.home import Home
from controller.journal import Anchor
from controller.json_pieces import json_pieces
from controller.packed_list import PackedList
from controller.packing import CODECS, packed_values
from controller.state import State
from controller.stored_artifacts import StoredArtifacts
from controller.tally_record import restore_tally

_TABLES: Final = ("observed_at", "stored")
_SMALL: Final = {
    name: TypeAdapter(hint)
    for name, hint in get_type_hints(State).items()
    if name not in (*CODECS, *_TABLES)
}

_LONGEST_HEAD: Final = 4096
_AT_ONCE: Final = 500
"""Values read together: about a megabyte."""


class KeptState(NamedTuple):
    """A state, and the place in the journal it is of."""

    state: State
    anchor: Anchor


def kept_state_path(home: Home, campaign: str) -> Path:
    """Return where a campaign's state is kept."""
    return home.path / "states" / f"{campaign}.jsonl"


def keep_state(home: Home, state: State, anchor: Anchor, tally: JsonValue = None) -> None:
    """Write the state, which is of the journal as far as ``anchor``. Raises ``OSError``.

    ``tally`` is that of the state, as ``controller.tally_record`` writes it.
    """
    path = kept_state_path(home, state.campaign.name)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    half = path.with_suffix(f".{os.getpid()}.part")
    digest = hashlib.sha256()
    try:
        with half.open("wb") as file:
            file.write(_head_line("0" * 64, anchor))
            for part in _parts(state, tally):
                digest.update(part)
                file.write(part)
            file.seek(0)
            file.write(_head_line(digest.hexdigest(), anchor))
        os.replace(half, path)
    finally:
        half.unlink(missing_ok=True)


def read_kept_state(home: Home, campaign: str) -> KeptState | None:
    """Return the state that is kept, or None where there is none that this code can rely on."""
    try:
        with kept_state_path(home, campaign).open("rb") as file:
            said = json.loads(file.readline(_LONGEST_HEAD))
            if said["code"] != code_hash():
                return None
            start = file.tell()
            if hashlib.file_digest(file, "sha256").hexdigest() != said["sha256"]:
                return None
            file.seek(start)
            state = _state(file)
        anchor = Anchor(int(said["position"]), str(said["hash"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return KeptState(state, anchor) if state.campaign.name == campaign else None


@functools.cache
def code_hash() -> str:
    """Return a hash of all code that a state depends on, as it was at the first call.

    A session calls it at its start, so that files changed under it later claim no state of it.
    """
    digest = hashlib.sha256(pydantic.VERSION.encode())
    for package in (controller, experiments):
        for path in sorted(Path(package.__path__[0]).rglob("*.py")):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _head_line(digest: str, anchor: Anchor) -> bytes:
    head = {"code": code_hash(), "sha256": digest, **anchor._asdict()}
    return json.dumps(head).encode() + b"\n"


def _parts(state: State, tally: JsonValue) -> Iterator[bytes]:
    values = {name: list(packed_values(name, getattr(state, name))) for name in CODECS}
    stored = state.stored
    table = {
        "small": {
            name: _SMALL[name].dump_python(getattr(state, name), mode="json") for name in _SMALL
        },
        "keys": {name: list(getattr(state, name)) for name in CODECS},
        "lengths": {name: list(map(len, packed)) for name, packed in values.items()},
        "observed_at": dict(state.observed_at),
        "size_bytes": dict(stored.size_bytes),
        "dropped": sorted(stored.dropped),
        "total_bytes": stored.total_bytes,
        "tally": tally,
    }
    yield from (piece.encode() for piece in json_pieces(table))
    yield b"\n"
    for packed in values.values():
        yield from packed


def _state(file: BinaryIO) -> State:
    """Return the state from behind the head; at no time is the whole file in memory beside it."""
    table = pydantic_core.from_json(file.readline())
    values = {name: _SMALL[name].validate_python(table["small"][name]) for name in _SMALL}
    for name, codec in CODECS.items():
        packed = PackedList(codec, _parts_of(file, table["lengths"][name]))
        values[name] = GrowingMap.of(table["keys"][name], packed)
    values["observed_at"] = GrowingMap(table["observed_at"])
    values["stored"] = StoredArtifacts(
        GrowingMap(table["size_bytes"]), frozenset(table["dropped"]), table["total_bytes"]
    )
    assert set(values) == {one.name for one in fields(State)}
    state = State(**values)
    restore_tally(state, table["tally"])
    return state


def _parts_of(file: BinaryIO, lengths: list[int]) -> Iterator[bytes]:
    for first in range(0, len(lengths), _AT_ONCE):
        some = lengths[first : first + _AT_ONCE]
        block, start = file.read(sum(some)), 0
        for length in some:
            yield block[start : start + length]
            start += length
