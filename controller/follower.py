"""Follow the journal from outside: every campaign's state in memory, moments after it changed.

It reads and writes no event, so it may go on beside any control, and ends without a trace. Where a
long journal is read for the first time, what is known so far is shown meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controller.events import Recorded
from controller.folding import Folding
from controller.heap import give_back
from controller.home import Home
from controller.journal import Anchor
from controller.kept_state import KeptState
from controller.packing import lent
from controller.snapshot import Snapshot
from controller.state import State
from controller.stored_campaign import is_worked_on, without_control
from controller.watch import seen_by_control
from experiments.errors import CellwrightError, Rejected

EVERY_S: Final = 0.25
"""Between two looks at the files: a change is on a screen well within a second."""
_LOOK_EVERY_S: Final = 1.0
_SHOW_EVERY_S: Final = 0.5
"""While a journal is read for the first time."""
_RETRY_S: Final = 5.0
_BREATH_S: Final = 0.005
"""Between two pieces of a first reading: whoever waits for the interpreter gets it."""


@dataclass(frozen=True)
class Followed:
    """A campaign as it was at the journal's last look."""

    state: State
    """Running only while a control works on it."""
    hash: str
    """Of the campaign's last event."""
    tail: tuple[Recorded, ...]
    is_whole: bool
    """False while the journal is read for the first time: later events may follow."""
    as_written: State
    """As its events say: running, too, where a control was killed."""


class Follower:
    """The campaigns of a home, kept up to date on a thread of its own."""

    def __init__(self, home: Home, when_changed: Callable[[str], None] = lambda _: None) -> None:
        self._home = home
        self._when_changed = when_changed
        self._campaigns: Mapping[str, Followed] = {}
        self._last_whole: Mapping[str, Followed] = {}
        self._folding: Folding | None = None
        self._is_whole = False
        self._keeping: threading.Thread | None = None
        self._seen: tuple[object, ...] = ()
        self._refused: tuple[tuple[object, ...], Rejected] | None = None
        self._looks: dict[str, tuple[float, Snapshot | None]] = {}
        self._looking = threading.Lock()
        self._wanted = threading.Event()
        self._turn = threading.Condition()
        self._n_turns = 0
        self._is_closing = False
        self.fault: str | None = None
        """Why the journal cannot be read; None as usual."""
        self._thread = threading.Thread(target=self._follow, name="follower", daemon=True)

    def start(self, patience_s: float | None = None) -> None:
        """Begin, and return once the journal was read for the first time, or patience ends."""
        self._thread.start()
        with self._turn:
            self._turn.wait_for(lambda: self._n_turns > 0, patience_s)

    def close(self) -> None:
        """End the thread."""
        self._is_closing = True
        self._wanted.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._keeping is not None:
            self._keeping.join()

    @property
    def campaigns(self) -> Mapping[str, Followed]:
        """Return all campaigns by name, in order of their start; never changed in place."""
        return self._campaigns

    @property
    def anchor(self) -> Anchor:
        """Return how far the journal was verified."""
        folding = self._folding
        return Anchor() if folding is None else folding.anchor

    @property
    def reading(self) -> tuple[int, int] | None:
        """Return how many events were read of how many, while it is the first time; else None."""
        folding = self._folding
        if self._is_whole or self.fault is not None or folding is None:
            return (0, 0) if self._n_turns == 0 else None
        return folding.anchor.position, folding.n_events

    def known(self, name: str) -> KeptState | None:
        """Return a campaign as far as it was folded, for an order's thread to go on from."""
        found = self._campaigns.get(name)
        if found is None or not found.is_whole:
            return None
        return KeptState(lent(found.as_written), Anchor(found.as_written.position, found.hash))

    def catch_up(self, patience_s: float = 5.0) -> None:
        """Return once the journal was looked at after this call: what was just ordered is seen."""
        with self._turn:
            goal = self._n_turns + 2  # the turn under way may have looked before
            while self._n_turns < goal and self._thread.is_alive():
                self._wanted.set()
                if not self._turn.wait(min(patience_s, EVERY_S)) and patience_s <= 0:
                    return
                patience_s -= EVERY_S

    def look(self, name: str) -> Snapshot | None:
        """Return the moment as the control at work sees it, at most a second old, or None."""
        at_s, seen = self._looks.get(name, (0.0, None))
        if time.monotonic() - at_s <= _LOOK_EVERY_S or not self._looking.acquire(blocking=not at_s):
            return seen  # somebody else is asking already
        try:
            at_s, seen = self._looks.get(name, (0.0, None))
            if time.monotonic() - at_s > _LOOK_EVERY_S:
                is_held = self._home.holder() is not None
                seen = seen_by_control(self._home, name) if is_held else None
                self._looks[name] = (time.monotonic(), seen)
            return seen
        finally:
            self._looking.release()

    def _follow(self) -> None:
        while not self._is_closing:
            try:
                self._look_at_files()
                self.fault = None
                wait_s = EVERY_S
            except CellwrightError as error:
                self.fault = error.message
                if isinstance(error, Rejected):
                    self._forget()
                wait_s = _RETRY_S if isinstance(error, Rejected) else EVERY_S
            with self._turn:
                self._n_turns += 1
                self._turn.notify_all()
            self._wanted.wait(wait_s)
            self._wanted.clear()
        self._forget()

    def _look_at_files(self) -> None:
        journal = self._home.journal
        if not journal.is_file():
            return
        # The files change moments before what was written can be read, while it is synchronised.
        commits = None if self._folding is None else self._folding.commits()
        found = (self._home.holder(), *map(_signature, (journal, _log_of(journal))), commits)
        if found == self._seen:
            return
        if self._refused is not None and found[:3] == self._refused[0]:
            raise self._refused[1]
        if self._seen and (found[1] or ())[:2] != (self._seen[1] or ())[:2]:  # type: ignore[index]
            self._forget()  # another file lies in its place
        try:
            self._read()
        except Rejected as error:
            self._refused = (found[:3], error)
            raise
        self._seen = found

    def _read(self) -> None:
        """Read what is new; the first time, show what is known now and then."""
        if self._folding is None:
            self._folding = Folding(self._home)
            self._folding.begin()
            self._publish()
        shown_s = time.monotonic()
        for _ in self._folding.pieces():
            if self._is_closing:
                return
            if self._is_whole:
                continue
            if time.monotonic() - shown_s > _SHOW_EVERY_S:
                self._publish()
                shown_s = time.monotonic()
            time.sleep(_BREATH_S)
        is_first, self._is_whole = not self._is_whole, True
        self._publish()
        if is_first:
            self._keeping = self._folding.keep()
            give_back()

    def _publish(self) -> None:
        folding = self._folding
        assert folding is not None
        epoch = folding.latest_epoch()
        before, found = self._campaigns, {}
        for name in folding.names:
            written = state = folding.states.get(name)
            if written is None or state is None:
                continue
            if self._is_whole and not is_worked_on(self._home, state, epoch):
                state = without_control(state)
            old = before.get(name)
            if old is not None and _same(old, state) and old.is_whole == self._is_whole:
                found[name] = old
                continue
            tail = tuple(folding.tails[name])
            found[name] = Followed(state, tail[-1].hash, tail, self._is_whole, written)
        self._campaigns = found
        if self._is_whole:
            self._last_whole = found
        for name, followed in found.items():
            if before.get(name) is not followed:
                self._when_changed(name)

    def _forget(self) -> None:
        """Begin anew; what was shown of a journal that was not read to its end is not shown on."""
        if self._folding is not None:
            self._folding.close()
        self._campaigns = self._last_whole
        self._folding, self._is_whole, self._seen = None, False, ()


def _same(old: Followed, new: State) -> bool:
    return (old.state.position, old.state.phase) == (new.position, new.phase)


def _log_of(journal: Path) -> Path:
    return journal.with_name(f"{journal.name}-wal")


def _signature(path: Path) -> tuple[int, int, int, int] | None:
    """Return device and file, and when and how it last changed; None without one, or an empty one.

    A reader leaves an empty log behind, and changed nothing.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size) if found.st_size else None
