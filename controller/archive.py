"""A whole campaign in one file, to go on with it in another home or on another machine.

A ZIP file of ``manifest.json`` (every member's size and SHA-256, and what it is a copy of),
``events.jsonl`` (the journal's rows of the campaign, their bodies untouched), and the artifacts and
stage results it refers to. MLflow runs and reports are made anew from the events.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import Field

from controller.events import Observed, Recorded
from controller.home import Home
from controller.journal import JournalReader
from controller.journal.hash_chain import GENESIS, Row, chain_hash
from controller.journal.rows import recorded
from experiments.errors import Invalid
from experiments.frozen import Frozen

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
EVENTS: Final = "events.jsonl"


class Member(Frozen):
    """A file of the archive."""

    size_bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Manifest(Frozen):
    """What an archive holds."""

    format: int
    program: str
    campaign: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
    n_events: int = Field(ge=1)
    chain: str
    """Hash chain over the rows in their order, from nothing on: the campaign's own."""
    last_hash: str
    """Of the campaign's last event in the journal it comes from."""
    members: dict[str, Member]


class Archived(NamedTuple):
    """What was written."""

    n_events: int
    n_files: int
    n_missing: int
    """Files that events name and that are not there, such as voxels deleted on purpose."""


def write_archive(home: Home, campaign: str, target: Path, *, program: str) -> Archived:
    """Write a campaign's archive. Raises ``Invalid`` where the file is there or the name unknown.

    The campaign may be running: the archive is of one moment of its journal.
    """
    if target.exists():
        raise Invalid(f"{target} is there already; give another name")
    half = target.with_name(f".{target.name}.part")
    with JournalReader(home.journal) as journal:
        rows = list(journal.rows(campaign))
    if not rows:
        raise Invalid(f"{home.path} holds no campaign {campaign!r}")
    members: dict[str, Member] = {}
    n_missing = 0
    try:
        with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED) as file:
            members[EVENTS] = _put(file, EVENTS, b"".join(map(row_line, rows)))
            for name in _file_names(map(recorded, rows)):
                path = home.artifacts / name
                if path.is_file():
                    members[f"artifacts/{name}"] = _put(
                        file, f"artifacts/{name}", path.read_bytes()
                    )
                else:
                    n_missing += 1
            manifest = Manifest(
                format=FORMAT,
                program=program,
                campaign=campaign,
                n_events=len(rows),
                chain=chain_of(rows),
                last_hash=rows[-1].hash,
                members=members,
            )
            file.writestr(MANIFEST, manifest.model_dump_json(indent=1))
        os.replace(half, target)
    finally:
        half.unlink(missing_ok=True)
    return Archived(len(rows), len(members) - 1, n_missing)


def chain_of(rows: Iterable[Row]) -> str:
    """Return the end of a hash chain over just these rows."""
    chained = GENESIS
    for row in rows:
        chained = chain_hash(chained, row)
    return chained


def row_line(row: Row) -> bytes:
    """Return a row as one JSON line."""
    plain = {**row._asdict(), "body": base64.b64encode(row.body).decode()}
    return json.dumps(plain).encode() + b"\n"


def row_of(line: bytes) -> Row:
    """Read a row's line. Raises ``ValueError``, ``TypeError`` or ``KeyError`` where it is none."""
    plain = json.loads(line)
    row = Row(**{**plain, "body": base64.b64decode(plain["body"], validate=True)})
    kinds = (int, str, int, str, float, int, bytes, str)
    if not all(type(value) is kind for value, kind in zip(row, kinds, strict=True)):
        raise TypeError("a column of another type")
    return row


def _file_names(events: Iterable[Recorded]) -> Iterator[str]:
    """Yield the files below ``artifacts`` that a campaign's observations rest on, each once."""
    seen: set[str] = set()
    for one in events:
        if not isinstance(one.event, Observed):
            continue
        record = one.event.observation.provenance
        names = [
            f"files/{artifact.sha256[:2]}/{artifact.url.rpartition('/')[2]}"
            for artifact in record.artifacts.values()
        ]
        names += [f"stages/{part.stage}/{part.key[:2]}/{part.key}.json" for part in record.stages]
        for name in names:
            if name not in seen:
                seen.add(name)
                yield name


def _put(file: zipfile.ZipFile, name: str, data: bytes) -> Member:
    file.writestr(name, data)
    return Member(size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
