"""Keep a projection of the journal up to date on a thread of its own, where it can hurt nobody."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from controller.failpoint import pass_failpoint
from controller.journal import JournalReader
from controller.tracking_address import without_secrets

_RETRY_S: Final = 30.0
_LONGEST_RETRY_S: Final = 300.0
_TOLD_EVERY: Final = 100
"""A store that stays away is told of once, and then every so many tries."""


class Projector(Protocol):
    """Something that can be rebuilt from the journal, such as the MLflow runs.

    All three are called on the projection's thread; what was projected is found again after a
    restart, so that nothing appears twice.
    """

    def start(self) -> None:
        """Open the store."""
        ...

    def catch_up(self, journal: JournalReader) -> None:
        """Project the events past those already projected."""
        ...

    def forget(self) -> int:
        """Delete what was projected, to begin anew; return how much that was."""
        ...

    def close(self) -> None:
        """Finish what is open."""
        ...


class Projection:
    """A projector that follows the journal; its failures are logged and tried again."""

    def __init__(
        self, make: Callable[[], Projector], journal: Path, log: Callable[[str], None]
    ) -> None:
        self._make = make
        self._journal = journal
        self._log = log
        self._news = threading.Event()
        self._is_closing = threading.Event()
        self._is_behind = True
        self._thread = threading.Thread(target=self._follow, name="projection", daemon=True)

    def wake(self) -> None:
        """Say that there is news; the first call starts the thread. Returns at once."""
        self._news.set()
        if self._thread.ident is None:
            self._thread.start()

    @property
    def is_behind(self) -> bool:
        """Say whether there are events that were not projected, after it has begun."""
        return self._thread.ident is not None and (self._is_behind or self._news.is_set())

    def close(self, timeout_s: float) -> bool:
        """Let it catch up for so long, and return whether it did."""
        if self._thread.ident is None:
            return True
        self._is_closing.set()
        self._news.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive() and not self._is_behind

    def _follow(self) -> None:
        projector: Projector | None = None
        n_failed = 0
        reader: JournalReader | None = None
        while True:
            self._news.wait()
            self._is_behind = True  # before the news is taken, so that nobody looks in between
            self._news.clear()
            is_last = self._is_closing.is_set()
            try:
                if not self._journal.is_file():  # MLflow would make the home's folder anew
                    raise FileNotFoundError(f"{self._journal} is gone")
                if projector is None:
                    made = self._make()
                    made.start()
                    projector = made
                if reader is None:  # opening verifies the whole journal, so it is done once
                    reader = JournalReader(self._journal)
                pass_failpoint("projection before step")
                projector.catch_up(reader)
                pass_failpoint("projection after step")
                self._is_behind = False
                if is_last:
                    projector.close()
            except Exception as error:  # noqa: BLE001 - a projection must never end a campaign
                self._is_behind = True
                _close(reader)
                reader = None
                _give_up(projector)
                projector = None  # made anew, it finds what the store got to know meanwhile
                if n_failed % _TOLD_EVERY == 0:
                    told = without_secrets(f"{type(error).__name__}: {error}")
                    self._log(f"the projection failed: {told}")
                self._is_closing.wait(min(_RETRY_S * 2.0 ** min(n_failed, 8), _LONGEST_RETRY_S))
                n_failed += 1
                self._news.set()
            if is_last:
                _close(reader)
                return


def _give_up(projector: Projector | None) -> None:
    """Close what failed already, whatever it says to that."""
    if projector is not None:
        with contextlib.suppress(Exception):
            projector.close()


def _close(reader: JournalReader | None) -> None:
    if reader is not None:
        reader.close()
