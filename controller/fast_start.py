"""Start fast from a kept state, keep the next one, and check in the background what was trusted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from controller.home import Home
from controller.journal import Anchor, Journal, JournalReader
from controller.kept_state import KeptState, code_hash, keep_state, read_kept_state
from controller.state import State
from controller.tally_record import tally_record
from experiments.errors import CellwrightError, Rejected

EVERY: Final = 10_000
"""Events between two kept states: what a killed control leaves to be folded takes about a second
(measured in tests/benchmarks/journal_start.py)."""
AT_END: Final = 1000
"""Fewer new events than this are folded faster than it takes to keep a state (assumed)."""


def open_journal(
    home: Home, campaign: str, make: Callable[[Anchor | None], Journal]
) -> tuple[Journal, State | None]:
    """Return the journal, and the campaign's kept state if the journal holds what it is of.

    ``make`` opens the journal and verifies it from a place on.
    """
    kept = read_kept_state(home, campaign)
    journal = make(None if kept is None else kept.anchor)
    return journal, held_state(journal, kept)


def kept_before(home: Home, journal: Journal, campaign: str) -> State | None:
    """Return a campaign's kept state if the journal holds what it is of."""
    return held_state(journal, read_kept_state(home, campaign))


def held_state(journal: Journal, *found: KeptState | None) -> State | None:
    """Return the first of these states whose place the journal holds, or None."""
    return next((kept.state for kept in found if kept and journal.holds(kept.anchor)), None)


class StateKeeper:
    """Keeps the state now and then, on a thread of its own."""

    def __init__(self, home: Home, journal: Journal, log: Callable[[str], None]) -> None:
        code_hash()  # of the code that runs: files may be others by the time a state is kept
        self._home = home
        self._journal = journal
        self._log = log
        self._kept_position = 0
        self._latest: tuple[State, Anchor] | None = None
        self._thread: threading.Thread | None = None

    def begin(self, state: State, *, is_kept: bool) -> None:
        """Take note of what a session begins with."""
        self._latest = state, self._journal.tip
        self._kept_position = state.position if is_kept else 0

    def note(self, state: State) -> None:
        """Take note of the state that was just stored, and keep it if it is time."""
        self._latest = state, self._journal.tip
        if state.position - self._kept_position >= EVERY and not self._is_busy:
            self._kept_position = state.position
            self._thread = threading.Thread(
                target=self._keep,
                args=(*self._latest, tally_record(state)),
                name="kept state",
                daemon=True,
            )
            self._thread.start()

    def close(self) -> None:
        """Keep the last state, if much happened since the one before."""
        if self._thread is not None:
            self._thread.join()
        if self._latest is not None:
            state, _ = self._latest
            if state.position - self._kept_position >= AT_END:
                self._keep(*self._latest, tally_record(state))

    @property
    def _is_busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _keep(self, state: State, anchor: Anchor, counted: JsonValue = None) -> None:
        try:
            keep_state(self._home, state, anchor, counted)
        except OSError as error:
            self._log(f"the state could not be kept for a fast start: {error}")


class BackgroundCheck:
    """Verifies the whole chain while the campaign runs; ``fault`` says what is wrong with it."""

    def __init__(self, journal: Path, on_fault: Callable[[Rejected], None]) -> None:
        self._journal = journal
        self._on_fault = on_fault
        self.fault: CellwrightError | None = None
        self._thread = threading.Thread(target=self._verify, name="whole chain", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wait for its end."""
        self._thread.join()

    def _verify(self) -> None:
        try:
            JournalReader(self._journal).close()
        except Rejected as error:
            self.fault = error
            self._on_fault(error)
        except CellwrightError:
            pass  # the reader could not be opened now; cellwright verify tells
