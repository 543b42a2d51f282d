"""The audit's anchor outside the journal: after every decision, where the chain stood, in a file.

Whoever can write the home can make another journal whose whole chain holds. They cannot make it
agree with a line that lies where they cannot write: on another machine, on a disk that only takes
appends, in a mailbox. What the home itself says of where that is, is their own word.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controller.audit import audit_lines
from controller.events import Recorded
from controller.journal import Anchor
from experiments.errors import Invalid

VARIABLE: Final = "CELLWRIGHT_AUDIT_FILE"
NAMES_THE_FILE: Final = "audit-file"
"""A file of the home with one line, the path: for every command and service of the home."""
_LINE: Final = re.compile(r"(\d{1,18}) ([0-9a-f]{64}) (\S+) (.*)")
_LONGEST: Final = 2**28


@dataclass(frozen=True)
class AnchorFile:
    """Where the anchors go, and who says so."""

    path: Path
    is_of_home: bool = False
    """The home names it: whoever can write the home can name another."""


@dataclass(frozen=True)
class AnchorLines:
    """What a file of anchors holds."""

    anchors: tuple[tuple[int, Anchor], ...]
    """Each with the number of its line."""
    torn: tuple[int, ...]
    """Numbers of lines that are no whole anchor: a full disk, or a mount that was lost."""


def anchor_file(home: Path, environment: Mapping[str, str] = os.environ) -> AnchorFile | None:
    """Return the file that the environment names, or else the home; None: none.

    The environment comes first, because it is not written by who can write the home. Raises
    ``Invalid`` where what is named is no absolute path.
    """
    if named := environment.get(VARIABLE, ""):
        return AnchorFile(_absolute(named, VARIABLE))
    try:
        named = (home / NAMES_THE_FILE).read_text("utf-8").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{home / NAMES_THE_FILE}: {error}") from error
    return AnchorFile(_absolute(named, NAMES_THE_FILE), is_of_home=True) if named else None


def _absolute(named: str, where: str) -> Path:
    if not Path(named).is_absolute() or "\n" in named:
        raise Invalid(f"{where}: {named[:200]!r}; allowed: one absolute path")
    return Path(named)


def last_decision(stored: Iterable[Recorded]) -> Recorded | None:
    """Return the last of these events that is a line of the audit."""
    found = None
    for recorded in stored:
        if any(True for _ in audit_lines([recorded])):
            found = recorded
    return found


def append_anchor(path: Path, recorded: Recorded) -> None:
    """Add a line, and have it on the disk; it begins on a line of its own. Raises ``OSError``."""
    line = f"{recorded.position} {recorded.hash} {recorded.at} {recorded.campaign}\n".encode()
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if stat.S_ISREG(os.fstat(descriptor).st_mode) and not _may_be_of_anchors(path):
            raise OSError("it holds something else than anchors")
        left = memoryview(b"\n" + line if _is_torn(path) else line)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_anchors(path: Path) -> AnchorLines:
    """Return a file's anchors, and which of its lines are torn.

    Raises ``Invalid`` where it cannot be read, or has lines of which none is an anchor.
    """
    try:
        if path.stat().st_size > _LONGEST:
            raise Invalid(f"{path}: longer than {_LONGEST} bytes")
        lines = path.read_bytes().decode(errors="replace").split("\n")
    except OSError as error:
        raise Invalid(f"audit file {path}: {error}") from error
    anchors, torn = [], []
    for number, line in enumerate(lines, start=1):
        found = _LINE.fullmatch(line)
        if found is not None:
            anchors.append((number, Anchor(int(found[1]), found[2])))
        elif line.strip():
            torn.append(number)
    if torn and not anchors:
        raise Invalid(f"{path}: line {torn[0]} is no anchor, and no other line is one")
    return AnchorLines(tuple(anchors), tuple(torn))


def _may_be_of_anchors(path: Path) -> bool:
    """Say whether a file begins as one of anchors does: no journal, no database, no log."""
    try:
        with path.open("rb") as file:
            return file.read(1) in (b"", b"\n", *(b"%d" % n for n in range(10)))
    except PermissionError:
        return True  # it may be written and not read


def _is_torn(path: Path) -> bool:
    """Say whether a file's last line has no end: the disk took a part of it once."""
    try:
        with path.open("rb") as file:
            if not file.seek(0, os.SEEK_END):
                return False
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"
    except FileNotFoundError:
        return False
    except PermissionError:
        return True  # it may be written and not read; an empty line is none
