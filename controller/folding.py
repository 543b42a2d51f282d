"""Every campaign of a journal, folded a piece at a time: kept states first, then row after row.

A row is folded only once the chain up to it was checked, and every row is checked, those that a
kept state stands for too. Results lie packed, and their figures are counted as they come, so that
nobody has to decode them again.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections import deque
from collections.abc import Iterator
from typing import Final

from controller.events import Recorded
from controller.fast_start import EVERY
from controller.fold import fold
from controller.heap import give_back
from controller.home import Home
from controller.journal import Anchor, JournalReader
from controller.journal.hash_chain import Row
from controller.journal.rows import recorded
from controller.kept_state import keep_state, read_kept_state
from controller.packed_list import RECENT
from controller.state import State
from controller.tally import tally
from controller.tally_record import tally_record

N_TAIL: Final = 100
"""Events kept for the log of a page; older ones are read when they are asked for."""
_PIECE: Final = RECENT
"""Rows folded together: what came last is not packed yet when it is counted."""


class Folding:
    """The campaigns of a journal as far as it was read; belongs to one thread."""

    def __init__(self, home: Home) -> None:
        """Open the journal; nothing of it is believed yet. Raises as ``JournalReader`` does."""
        self._home = home
        self._reader = JournalReader(home.journal, is_checked_later=True)
        self._n_folded: dict[str, int] = {}
        self.anchor = Anchor()
        """How far the chain was checked."""
        self.states: dict[str, State] = {}
        self.tails: dict[str, deque[Recorded]] = {}
        self.names = list(self._reader.campaigns())
        """In order of their start."""
        self.n_events = self._reader.last_position()
        """As the journal was opened."""

    def begin(self) -> None:
        """Take the states that are kept, as far as the journal holds what they are of."""
        for name in self.names:
            kept = read_kept_state(self._home, name)
            if kept is None or not self._reader.holds(kept.anchor):
                continue
            last = self._reader.last(name, N_TAIL, until=kept.anchor.position)
            if last:
                self.states[name] = kept.state
                self.tails[name] = deque(last, maxlen=N_TAIL)

    def pieces(self) -> Iterator[None]:
        """Check and fold what is past the anchor; stop for a moment after every piece.

        Raises ``Rejected`` where the chain does not hold; what was folded before it does.
        """
        rows = self._reader.checked_rows(self.anchor)
        while piece := list(itertools.islice(rows, _PIECE)):
            self._take(piece)
            self.anchor = Anchor(piece[-1].position, piece[-1].hash)
            yield

    def latest_epoch(self) -> int:
        """Return how often a control process has taken the journal so far."""
        return self._reader.latest_epoch()

    def commits(self) -> int:
        """Return what is another number after every commit of another process."""
        return self._reader.commits()

    def close(self) -> None:
        """Close the journal."""
        self._reader.close()

    def keep(self) -> threading.Thread | None:
        """Keep what took long to fold, on a thread of its own, so that the next start is fast."""
        long = [name for name, n in self._n_folded.items() if n >= EVERY]
        self._n_folded = {}
        if not long:
            return None
        kept = [
            (self.states[name], self.tails[name][-1], tally_record(self.states[name]))
            for name in long
        ]

        def keep() -> None:
            for state, last, counted in kept:
                with contextlib.suppress(OSError):  # then it is read from its first event again
                    keep_state(self._home, state, Anchor(last.position, last.hash), counted)
            give_back()

        thread = threading.Thread(target=keep, name="kept states", daemon=True)
        thread.start()
        return thread

    def _take(self, piece: list[Row]) -> None:
        news: dict[str, list[Recorded]] = {}
        for row in piece:
            known = self.states.get(row.campaign)
            if known is None or known.position < row.position:
                news.setdefault(row.campaign, []).append(recorded(row))
        for name, events in news.items():
            state = fold(events, self.states.get(name), packs=True)
            assert state is not None
            tally(state)
            if name not in self.states and name not in self.names:
                self.names.append(name)
            self.states[name] = state
            self.tails.setdefault(name, deque(maxlen=N_TAIL)).extend(events)
            self._n_folded[name] = self._n_folded.get(name, 0) + len(events)
