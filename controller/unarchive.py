"""Take a campaign's archive into a home: checked whole first, then stored in one transaction."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from agents.artifact_store import ArtifactStore
from controller.archive import EVENTS, FORMAT, MANIFEST, Manifest, chain_of, row_of
from controller.events import Imported
from controller.fold import fold
from controller.home import Home
from controller.journal import Journal
from controller.journal.hash_chain import Row
from controller.journal.rows import recorded
from experiments.errors import CellwrightError, Invalid

_FILE: Final = re.compile(
    r"artifacts/(files/([0-9a-f]{2})/([0-9a-f]{64})\.(npz|json)"
    r"|stages/[a-z]+/[0-9a-f]{2}/[0-9a-f]{8,64}\.json)"
)
_LARGEST_MANIFEST_BYTES: Final = 1_000_000_000


def check_archive(source: Path) -> None:
    """Look at all of an archive. Raises ``Invalid`` where it is damaged or no archive."""
    with _complaints(source), closing(zipfile.ZipFile(source)) as file:
        _whole(file, source)


def read_archive(source: Path, home: Home, journal: Journal) -> Manifest:
    """Store an archive's campaign in a home whose lock the caller holds, and return what it was.

    Raises ``Invalid`` where the archive is damaged or holds what no archive may, or where the home
    has a campaign of that name; nothing is stored then. Artifacts are written before the events.
    """
    with _complaints(source), closing(zipfile.ZipFile(source)) as file:
        manifest, rows = _whole(file, source)
        if manifest.campaign in journal.campaigns():
            raise Invalid(
                f"{home.path} has a campaign {manifest.campaign} already; import into another home"
            )
        store = ArtifactStore(home.artifacts.as_uri())
        for name in manifest.members:
            if name != EVENTS:
                path = store.path(*name.split("/")[1:])
                if store.read_path(path) is None:
                    store.replace(path, _checked(file, manifest, name))
    imported = Imported(
        archive_sha256=_file_hash(source),
        positions=tuple(_ranges(row.position for row in rows)),
        last_hash=manifest.last_hash,
    )
    journal.adopt(rows, imported)
    return manifest


def _whole(file: zipfile.ZipFile, source: Path) -> tuple[Manifest, list[Row]]:
    """Return what an archive holds, all of it looked at before anything is written."""
    manifest = _manifest(file, source)
    rows = [row_of(line) for line in _checked(file, manifest, EVENTS).splitlines()]
    _check_events(rows, manifest, source)
    for name in manifest.members:
        _checked(file, manifest, name)
    return manifest, rows


def _manifest(file: zipfile.ZipFile, source: Path) -> Manifest:
    if file.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST_BYTES:
        raise Invalid(f"{source}: its manifest is too large to be one")
    manifest = Manifest.model_validate_json(file.read(MANIFEST))
    if manifest.format != FORMAT:
        raise Invalid(
            f"{source} has archive format {manifest.format}; this version reads {FORMAT}; it was "
            f"written by Cellwright {manifest.program}"
        )
    names = file.namelist()
    if sorted(names) != sorted([MANIFEST, *manifest.members]):
        raise Invalid(f"{source}: its members are not those of its manifest")
    for name in manifest.members:
        if name != EVENTS and not _FILE.fullmatch(name):
            raise Invalid(f"{source} holds {name!r}, which no archive may hold")
    return manifest


def _checked(file: zipfile.ZipFile, manifest: Manifest, name: str) -> bytes:
    """Return a member's bytes. Raises ``Invalid`` where they are not what the manifest says."""
    said = manifest.members[name]
    if file.getinfo(name).file_size != said.size_bytes:
        raise Invalid(f"{file.filename}: {name} has another size than its manifest says")
    data = file.read(name)
    digest = hashlib.sha256(data).hexdigest()
    found = _FILE.fullmatch(name)
    named = found[3] if found is not None else None
    if digest != said.sha256 or named not in (None, digest):
        raise Invalid(f"{file.filename}: {name} is damaged: its hash is another one")
    if named is not None and found is not None and found[2] != digest[:2]:
        raise Invalid(f"{file.filename}: {name} is not where its hash puts it")
    return data


def _check_events(rows: list[Row], manifest: Manifest, source: Path) -> None:
    """Refuse events that are not one whole campaign's, or that no control may have written."""
    if chain_of(rows) != manifest.chain or len(rows) != manifest.n_events:
        raise Invalid(f"{source}: its events do not make the chain its manifest names")
    positions = [row.position for row in rows]
    is_one = all(row.campaign == manifest.campaign for row in rows)
    if not is_one or positions != sorted(set(positions)):
        raise Invalid(f"{source}: its events are not those of one campaign in order")
    state = fold(map(recorded, rows))
    if state is None or state.campaign.name != manifest.campaign:
        raise Invalid(f"{source}: its events are those of another campaign")


def _ranges(positions: Iterator[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, number of positions that follow one another)."""
    first, n = 0, 0
    for position in positions:
        if n and position == first + n:
            n += 1
            continue
        if n:
            yield first, n
        first, n = position, 1
    if n:
        yield first, n


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _complaints(source: Path) -> Iterator[None]:
    """Say in one line what is wrong with an archive."""
    try:
        yield
    except Invalid:
        raise
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError) as error:
        raise Invalid(f"{source} is no whole archive of a campaign: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Invalid(f"{source}: its manifest is wrong: {where}: {first['msg']}") from error
    except (CellwrightError, ValueError, TypeError) as error:
        raise Invalid(f"{source}: its events cannot be read: {error}") from error
    except OSError as error:
        raise Invalid(f"{source} cannot be read: {error.strerror or error}") from error
