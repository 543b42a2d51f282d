"""Follow the journal from outside: every campaign's state in memory, moments after it changed.

It reads and never writes, so it may go on beside any control, and ends without a trace.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controller.events import Recorded
from controller.fold import fold
from controller.home import Home
from controller.journal import Anchor, JournalReader
from controller.kept_state import read_kept_state
from controller.snapshot import Snapshot
from controller.state import State
from controller.stored_campaign import is_worked_on, without_control
from controller.watch import seen_by_control
from experiments.errors import CellwrightError, Rejected

EVERY_S: Final = 0.25
"""Between two looks at the files: a change is on a screen well within a second."""
_LOOK_EVERY_S: Final = 1.0
_N_TAIL: Final = 500
"""Events kept for the log of a page; older ones are read when they are asked for."""
_RETRY_S: Final = 5.0


@dataclass(frozen=True)
class Followed:
    """A campaign as it was at the journal's last look."""

    state: State
    """Running only while a control works on it."""
    hash: str
    """Of the campaign's last event."""
    tail: tuple[Recorded, ...]


class Follower:
    """The campaigns of a home, kept up to date on a thread of its own."""

    def __init__(self, home: Home, when_changed: Callable[[str], None] = lambda _: None) -> None:
        self._home = home
        self._when_changed = when_changed
        self._campaigns: Mapping[str, Followed] = {}
        self._folded: dict[str, State] = {}
        self._tails: dict[str, deque[Recorded]] = {}
        self._anchor = Anchor()
        self._reader: JournalReader | None = None
        self._seen: tuple[object, ...] = ()
        self._looks: dict[str, tuple[float, Snapshot | None]] = {}
        self._wanted = threading.Event()
        self._turn = threading.Condition()
        self._n_turns = 0
        self._is_closing = False
        self.fault: str | None = None
        """Why the journal cannot be read; None as usual."""
        self._thread = threading.Thread(target=self._follow, name="follower", daemon=True)

    def start(self) -> None:
        """Begin, and return once the journal was read for the first time."""
        self._thread.start()
        with self._turn:
            self._turn.wait_for(lambda: self._n_turns > 0)

    def close(self) -> None:
        """End the thread."""
        self._is_closing = True
        self._wanted.set()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def campaigns(self) -> Mapping[str, Followed]:
        """Return all campaigns by name, in order of their start; never changed in place."""
        return self._campaigns

    @property
    def anchor(self) -> Anchor:
        """Return how far the journal was verified."""
        return self._anchor

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
        now_s = time.monotonic()
        at_s, seen = self._looks.get(name, (0.0, None))
        if now_s - at_s > _LOOK_EVERY_S:
            is_held = self._home.holder() is not None
            seen = seen_by_control(self._home, name) if is_held else None
            self._looks[name] = (now_s, seen)
        return seen

    def _follow(self) -> None:
        while not self._is_closing:
            try:
                self._look_at_files()
                self.fault = None
                wait_s = EVERY_S
            except CellwrightError as error:
                self.fault = error.message
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
        commits = None if self._reader is None else self._reader.commits()
        found = (self._home.holder(), *map(_signature, (journal, _log_of(journal))), commits)
        if found == self._seen:
            return
        if self._seen and found[1][:2] != self._seen[1][:2]:  # type: ignore[index]
            self._forget()  # another file lies in its place
        if self._reader is None:
            self._open(journal)
        self._read()
        self._seen = found

    def _open(self, journal: Path) -> None:
        """Open the journal; begin with the states that are kept, as far as it holds them."""
        reader = JournalReader(journal, trusted=None)
        self._reader = reader
        for name in reader.campaigns():
            kept = read_kept_state(self._home, name)
            known = kept.state if kept is not None and reader.holds(kept.anchor) else None
            after = 0 if kept is None or known is None else kept.anchor.position
            tail: deque[Recorded] = deque(maxlen=_N_TAIL)
            state = fold(_kept_in(tail, reader.read(name, after=after)), known)
            assert state is not None
            if not tail:
                tail.extend(reader.read(name))
            self._folded[name] = state
            self._tails[name] = tail
            self._anchor = max(self._anchor, Anchor(tail[-1].position, tail[-1].hash))

    def _read(self) -> None:
        assert self._reader is not None
        tip = self._reader.verify(self._anchor)
        changed: dict[str, list[Recorded]] = {}
        for recorded in self._reader.read_all(after=self._anchor.position):
            if recorded.position > tip.position:
                break  # stored since it was verified: the next look's
            changed.setdefault(recorded.campaign, []).append(recorded)
        for name, events in changed.items():
            state = fold(events, self._folded.get(name))
            assert state is not None
            self._folded[name] = state
            self._tails.setdefault(name, deque(maxlen=_N_TAIL)).extend(events)
        self._anchor = tip
        self._publish()

    def _publish(self) -> None:
        assert self._reader is not None
        epoch = self._reader.latest_epoch()
        before, found = self._campaigns, {}
        for name, state in self._folded.items():
            shown = state if is_worked_on(self._home, state, epoch) else without_control(state)
            old = before.get(name)
            if old is not None and _same(old.state, shown):
                found[name] = old
                continue
            tail = tuple(self._tails[name])
            found[name] = Followed(shown, tail[-1].hash, tail)
        self._campaigns = found
        for name, followed in found.items():
            if before.get(name) is not followed:
                self._when_changed(name)

    def _forget(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader, self._seen, self._anchor = None, (), Anchor()
        self._folded, self._tails = {}, {}


def _kept_in(tail: deque[Recorded], events: Iterable[Recorded]) -> Iterator[Recorded]:
    """Yield the events and keep the last of them; all at once would be gigabytes."""
    for one in events:
        tail.append(one)
        yield one


def _same(old: State, new: State) -> bool:
    return (old.position, old.phase) == (new.position, new.phase)


def _log_of(journal: Path) -> Path:
    return journal.with_name(f"{journal.name}-wal")


def _signature(path: Path) -> tuple[int, int, int, int] | None:
    """Return device and file, and when and how it last changed."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size
