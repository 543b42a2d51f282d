"""What is refused before any reader sees a file: sizes, kinds, hostile archives and entities."""

from __future__ import annotations

import os
import re
import stat
import zipfile
from typing import IO, Final

from experiments.errors import Invalid

MAX_FILE_BYTES: Final = 200 * 2**20
MAX_UNPACKED_BYTES: Final = 400 * 2**20
MAX_MEMBERS: Final = 2000
MAX_RATIO: Final = 200.0
"""Unpacked over packed: text of measured numbers reaches 20, a bomb thousands."""
MAX_XML_HEAD: Final = 64 * 2**10

_UNSAFE_NAME: Final = re.compile(r"(^[/\\])|(^[A-Za-z]:)|(\.\.)|(\\)|[\x00-\x1f]")


def require_plain(opened: int, most_bytes: int = MAX_FILE_BYTES) -> int:
    """Return the size of an open file. Raises ``Invalid`` where it is no plain one of its size."""
    state = os.fstat(opened)
    if not stat.S_ISREG(state.st_mode):
        raise Invalid("not a plain file", reason="hostile")
    if state.st_size > most_bytes:
        raise Invalid(f"{state.st_size} bytes; allowed: {most_bytes}", reason="too_large")
    if state.st_size == 0:
        raise Invalid("the file is empty", reason="empty")
    return state.st_size


def file_kind(file: IO[bytes]) -> str:
    """Return ``parquet``, ``xlsx``, ``ndax``, ``nda``, ``mpr``, ``mpt``, ``text`` by content.

    Archives are screened on the way. Raises ``Invalid`` for anything else.
    """
    head = file.read(4096)
    file.seek(0)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK\x03\x04"):
        return _archive_kind(file)
    if head.startswith(b"NEWARE"):
        return "nda"
    if head.startswith(b"BIO-LOGIC MODULAR FILE"):
        return "mpr"
    if head.startswith((b"EC-Lab ASCII FILE", b"BT-Lab ASCII FILE")):
        return "mpt"
    if b"\x00" in head:
        raise Invalid("no format of a cycler begins like this", reason="unreadable")
    if re.match(rb"\s*<", head):
        raise Invalid("markup, where a table was expected", reason="unreadable")
    return "text"


def _archive_kind(file: IO[bytes]) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            _screen(members)
            for member in members:
                if member.filename.lower().endswith((".xml", ".rels")):
                    _screen_xml(archive, member)
            names = {member.filename for member in members}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise Invalid(f"a broken archive: {error}", reason="unreadable") from error
    finally:
        file.seek(0)
    if "xl/workbook.xml" in names:
        return "xlsx"
    if any(name.endswith(".ndc") for name in names):
        return "ndax"
    raise Invalid("an archive that is neither .xlsx nor .ndax", reason="unreadable")


def _screen(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_MEMBERS:
        raise Invalid(f"{len(members)} members; allowed: {MAX_MEMBERS}", reason="hostile")
    total = 0
    for member in members:
        name = member.filename
        if _UNSAFE_NAME.search(name):
            raise Invalid(f"an archive member is named {name[:60]!r}", reason="hostile")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise Invalid(f"an archive member is a link: {name[:60]!r}", reason="hostile")
        if member.flag_bits & 0x1:
            raise Invalid("an encrypted archive", reason="unreadable")
        total += member.file_size
        packed = max(member.compress_size, 1)
        if member.file_size > 2**20 and member.file_size / packed > MAX_RATIO:
            raise Invalid(
                f"{name[:60]!r} unpacks to {member.file_size / packed:.0f} times its size",
                reason="hostile",
            )
    if total > MAX_UNPACKED_BYTES:
        raise Invalid(f"unpacks to {total} bytes; allowed: {MAX_UNPACKED_BYTES}", reason="hostile")
    if len({member.filename for member in members}) != len(members):
        raise Invalid("two archive members share a name", reason="hostile")


def _screen_xml(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Refuse documents that declare anything: entities grow, and reach for other files."""
    with archive.open(member) as text:
        head = text.read(MAX_XML_HEAD)
    for encoding in ("utf-8", "utf-16"):
        plain = head.decode(encoding, "ignore").upper()
        if "<!DOCTYPE" in plain or "<!ENTITY" in plain:
            raise Invalid(f"{member.filename[:60]!r} declares a document type", reason="hostile")
