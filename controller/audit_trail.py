"""The decisions of a home, from a chain that is checked in whole whenever its files changed.

Between two changes of the files the answer is remembered. A change is told from device, file, size
and times of journal, log and head; the time of change (``ctime``) cannot be set by who changes a
file. Files that changed within the last second are checked again each time, because two changes
within a tick of the clock look like one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controller.audit import AuditLine, audit_lines
from controller.events import Recorded
from controller.journal import Anchor, JournalReader
from controller.journal.head import head_path
from controller.journal.rows import kind_of_row, recorded

_SETTLED_NS: Final = 10**9
SILENT: Final = frozenset({"dispatched", "observed", "ranked", "attempt_lost", "taught"})
"""Kinds of events that nobody decided; nearly all events are of them."""


@dataclass(frozen=True)
class Audit:
    """Every decision in a journal, and the end of the chain it is from."""

    tip: Anchor
    lines: Mapping[str, tuple[AuditLine, ...]]
    """By campaign."""


class AuditTrail:
    """Reads the decisions; belongs to one reader at a time.

    ``now_ns`` is the clock that the times of files are of.
    """

    def __init__(self, journal: Path, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._journal = journal
        self._now_ns = now_ns
        self._known: tuple[object, Audit] | None = None

    def read(self) -> Audit:
        """Return the decisions. Raises ``Rejected`` where any event's hash is wrong."""
        before = self._files()
        if self._known is not None and self._known[0] == before:
            return self._known[1]
        self._known = None
        found = _read(self._journal)
        times = [one[-1] for one in before if one is not None]
        if self._files() == before and self._now_ns() - max(times, default=0) > _SETTLED_NS:
            self._known = (before, found)
        return found

    def _files(self) -> tuple[tuple[int, ...] | None, ...]:
        log = self._journal.with_name(f"{self._journal.name}-wal")
        return tuple(_look(path) for path in (self._journal, log, head_path(self._journal)))


def _read(journal: Path) -> Audit:
    """Check every row, and decode those that may tell of a decision."""
    tip = Anchor()
    told: dict[str, list[Recorded]] = {}
    with JournalReader(journal, is_checked_later=True) as reader:
        for row in reader.checked_rows():
            tip = Anchor(row.position, row.hash)
            if kind_of_row(row) not in SILENT:
                told.setdefault(row.campaign, []).append(recorded(row))
    return Audit(tip, {name: tuple(audit_lines(events)) for name, events in told.items()})


def _look(path: Path) -> tuple[int, ...] | None:
    """Return which file it is and when and how it last changed, the time of change at the end.

    None without a file, and for an empty one: a reader leaves an empty log behind.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    if not found.st_size:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
