"""Watch a campaign from outside: ask the control that works on it, or read the journal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controller.control_socket import ask_control
from controller.home import Home
from controller.order import Look, Seen
from controller.progress import Moment, take_snapshot
from controller.snapshot import Phase, ProgressView, Snapshot
from controller.stored_campaign import read_campaign
from experiments.errors import CellwrightError

EVERY_S: Final = 1.0
_ENDS: Final = (Phase.finished, Phase.aborted)


@dataclass
class _Journal:
    """The campaign as the journal has it, read again only where the file changed."""

    home: Home
    name: str
    seen: tuple[tuple[int, int] | None, ...] = ()
    shown: Snapshot | None = None

    def snapshot(self) -> Snapshot:
        files = (self.home.journal, self.home.journal.with_name(f"{self.home.journal.name}-wal"))
        now = tuple(_signature(path) for path in files)
        if self.shown is None or now != self.seen:
            stored = read_campaign(self.home.path, self.name)
            self.shown, self.seen = take_snapshot(stored.state, Moment()), now
        return self.shown


def watch(home: Home, name: str, view: ProgressView, *, sleep: Callable[[float], None]) -> None:
    """Show a campaign's moments until it is at its end. Raises ``Invalid`` without a campaign."""
    journal = _Journal(home, name)
    try:
        while True:
            shown = seen_by_control(home, name) or journal.snapshot()
            view.update(shown)
            if shown.phase in _ENDS:
                return
            sleep(EVERY_S)
    finally:
        view.close()


def seen_by_control(home: Home, name: str) -> Snapshot | None:
    """Return the moment as the control that works on the campaign sees it, or None without one."""
    try:
        answer = ask_control(home, Look(campaign=name), patience_s=5.0)
    except CellwrightError:
        return None
    return answer.snapshot if isinstance(answer, Seen) else None


def _signature(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
