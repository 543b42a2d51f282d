"""A journal that tells a file outside of every decision as soon as it is stored."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from controller.audit_anchor import anchor_file, append_anchor, last_decision
from controller.clock import Clock
from controller.events import Event, Recorded
from controller.journal import Anchor, Journal

_log: Final = logging.getLogger("cellwright.journal")


class AnchoredJournal(Journal):
    """The one writer, with the audit's anchor where the administrator wants one."""

    def __init__(self, path: Path, clock: Clock, *, trusted: Anchor | None = None) -> None:
        """Open for writing. Raises ``Invalid`` where the file's name cannot be used."""
        self._anchors = anchor_file(path.parent)
        super().__init__(path, clock, trusted=trusted)

    def append(
        self,
        campaign: str,
        events: Sequence[Event],
        *,
        accept: Callable[[Sequence[Recorded]], object] = lambda _: None,
    ) -> tuple[Recorded, ...]:
        """Store the events together; a file that takes no line undoes no decision."""
        stored = super().append(campaign, events, accept=accept)
        decision = None if self._anchors is None else last_decision(stored)
        if decision is not None and self._anchors is not None:
            try:
                append_anchor(self._anchors, decision)
            except OSError as error:
                _log.warning("the audit file %s takes no line: %s", self._anchors, error)
        return stored
