"""The audit's anchor outside the journal: after every decision, where the chain stood, in a file.

Whoever can write the home can make another journal whose whole chain holds. They cannot make it
agree with a line that lies where they cannot write: on another machine, on a disk that only takes
appends, in a mailbox.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from controller.audit import audit_lines
from controller.events import Recorded
from controller.journal import Anchor, JournalReader
from experiments.errors import Invalid, Rejected

VARIABLE: Final = "CELLWRIGHT_AUDIT_FILE"
NAMES_THE_FILE: Final = "audit-file"
"""A file of the home with one line, the path: for every command and service of the home."""
_LINE: Final = re.compile(r"(\d{1,18}) ([0-9a-f]{64}) (\S+) (.*)")
_LONGEST: Final = 2**28


def anchor_file(home: Path) -> Path | None:
    """Return the file that the administrator named, in the home or the environment; None: none.

    Raises ``Invalid`` where what is named is no absolute path.
    """
    try:
        named = (home / NAMES_THE_FILE).read_text("utf-8").strip()
    except FileNotFoundError:
        named = os.environ.get(VARIABLE, "")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{home / NAMES_THE_FILE}: {error}") from error
    if not named:
        return None
    if not Path(named).is_absolute() or "\n" in named:
        raise Invalid(f"{NAMES_THE_FILE}: {named[:200]!r}; allowed: one absolute path")
    return Path(named)


def last_decision(stored: Iterable[Recorded]) -> Recorded | None:
    """Return the last of these events that is a line of the audit."""
    found = None
    for recorded in stored:
        if any(True for _ in audit_lines([recorded])):
            found = recorded
    return found


def append_anchor(path: Path, recorded: Recorded) -> None:
    """Add a line, and have it on the disk. Raises ``OSError``."""
    line = f"{recorded.position} {recorded.hash} {recorded.at} {recorded.campaign}\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_anchors(journal: JournalReader, path: Path) -> int:
    """Return how many anchors of a file the journal agrees with: all of them.

    Raises ``Rejected`` for the first that it does not hold, ``Invalid`` where the file is not one.
    """
    try:
        if path.stat().st_size > _LONGEST:
            raise Invalid(f"{path}: longer than {_LONGEST} bytes")
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"audit file {path}: {error}") from error
    for number, line in enumerate(lines, start=1):
        found = _LINE.fullmatch(line)
        if found is None:
            raise Invalid(f"{path}: line {number} is no anchor")
        check_anchor(journal, Anchor(int(found[1]), found[2]), f"{path}, line {number}")
    return len(lines)


def check_anchor(journal: JournalReader, anchor: Anchor, where: str) -> None:
    """Raise ``Rejected`` where the journal is not the one that an anchor was taken of."""
    if not journal.holds(anchor):
        raise Rejected(
            f"the journal was changed at or before position {anchor.position}: {where} says that "
            f"the chain stood at {anchor.hash} there",
            position=anchor.position,
        )
