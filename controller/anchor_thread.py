"""Tells the audit's file of decisions on a thread: its disk may hang, and nothing waits for it."""

from __future__ import annotations

import logging
import queue
import threading
from pathlib import Path
from typing import Final

from controller.audit_anchor import append_anchor
from controller.events import Recorded

_log: Final = logging.getLogger("cellwright.journal")
PATIENCE_S: Final = 5.0
"""For one line; *assumed*: a network disk that works takes far less, and a person waits for it at
the end of a command."""
_MOST_WAITING: Final = 1000
"""Lines; *assumed*: more decisions than a lab makes in a week."""


class AnchorThread:
    """Appends one line after the other. Belongs to the one writer of the journal."""

    def __init__(self, path: Path, *, patience_s: float = PATIENCE_S) -> None:
        self._path = path
        self._patience_s = patience_s
        self._lines: queue.Queue[Recorded | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._follow, name="audit file", daemon=True)

    def add(self, recorded: Recorded) -> None:
        """Have a line appended. Returns at once."""
        if self._thread.ident is None:
            self._thread.start()
        self._put(recorded)

    def close(self) -> None:
        """Wait for the lines that are left, for the patience and no longer."""
        if self._thread.ident is None:
            return
        self._put(None)
        self._thread.join(self._patience_s)
        if self._thread.is_alive():
            _log.warning(
                "the audit file %s took no line within %g s; lines may be missing, and the next "
                "decision's covers what they would have",
                self._path,
                self._patience_s,
            )

    def _put(self, line: Recorded | None) -> None:
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            _log.warning("the audit file %s hangs; a line is left out", self._path)

    def _follow(self) -> None:
        while (recorded := self._lines.get()) is not None:
            late = threading.Timer(self._patience_s, self._say_that_it_hangs)
            late.daemon = True
            late.start()
            try:
                append_anchor(self._path, recorded)
            except OSError as error:
                _log.warning("the audit file %s takes no line: %s", self._path, error)
            finally:
                late.cancel()

    def _say_that_it_hangs(self) -> None:
        _log.warning("the audit file %s hangs for %g s already", self._path, self._patience_s)
