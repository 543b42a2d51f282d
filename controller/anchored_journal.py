"""A journal that tells a file outside of every decision as soon as it is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from controller.anchor_thread import PATIENCE_S, AnchorThread
from controller.audit_anchor import anchor_file, last_decision
from controller.clock import Clock
from controller.events import Event, Recorded
from controller.journal import Anchor, Journal


class AnchoredJournal(Journal):
    """The one writer, with the audit's anchor where the administrator wants one."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        trusted: Anchor | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Open for writing. Raises ``Invalid`` where the file's name cannot be used."""
        file = anchor_file(path.parent)
        self._anchors = None if file is None else AnchorThread(file.path, patience_s=patience_s)
        super().__init__(path, clock, trusted=trusted)

    def append(
        self,
        campaign: str,
        events: Sequence[Event],
        *,
        accept: Callable[[Sequence[Recorded]], object] = lambda _: None,
    ) -> tuple[Recorded, ...]:
        """Store the events together; a file that takes no line, or hangs, undoes no decision."""
        stored = super().append(campaign, events, accept=accept)
        if self._anchors is not None and (decision := last_decision(stored)) is not None:
            self._anchors.add(decision)
        return stored

    def close(self) -> None:
        """Close the journal, and wait a little for the file outside."""
        super().close()
        if self._anchors is not None:
            self._anchors.close()
