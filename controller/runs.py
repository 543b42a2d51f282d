"""Campaigns run on a service's behalf: child ``cellwright run`` processes, watched.

A home is held by one control at a time, so one campaign runs at a time. A child that dies without
being asked to is started again a few times; its campaign resumes from the journal, as always.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from controller.home import Home
from experiments.errors import HomeInUse

MOST_RESTARTS: Final = 3
WITHIN_S: Final = 3600.0
"""Three in an hour, as systemd's StartLimitBurst counts them; both *assumed*."""
_FIRST_WAIT_S: Final = 5.0
_PATIENCE_S: Final = 60.0
"""For a child that was asked to stop: it saves and writes its report."""
_POLL_S: Final = 0.2
_NO_ROOM_WAIT_S: Final = 30.0
"""Until a child that could not be started (no memory, no disk) is tried again; *assumed*."""
_ENDED: Final = (0, 2, 130)
"""Finished, refused, or stopped in good order: nothing to do again."""


@dataclass
class Run:
    """One campaign's child process, and what became of it."""

    campaign: str
    file: Path
    process: subprocess.Popen[bytes]
    restarts_s: list[float] = field(default_factory=list)
    next_start_s: float | None = None
    words: str = "running"

    @property
    def is_over(self) -> bool:
        """Say whether it has ended and will not be started again."""
        return self.words != "running" and self.next_start_s is None


class Runs:
    """The children of one service."""

    def __init__(
        self,
        home: Home,
        *,
        log: Callable[[str], None],
        command: tuple[str, ...] = (sys.executable, "-P", "-m", "controller"),
        options: tuple[str, ...] = (),
    ) -> None:
        """``options`` go to every ``cellwright run``, as ``--ray auto``."""
        self._home = home
        self._log = log
        self._command = command
        self._options = options
        self._lock = threading.Lock()
        self._runs: dict[str, Run] = {}
        self._is_closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="runs", daemon=True)

    def start(self, campaign: str, file: Path) -> None:
        """Start or resume a campaign. Raises ``HomeInUse`` while the home is held."""
        with self._lock:
            if self._is_closing.is_set():
                raise HomeInUse("the service is closing; start the campaign when it is up again")
            self._look_at_all()  # one that ended just now does not stand in the way
            at_work = next((one for one in self._runs.values() if not one.is_over), None)
            if at_work is not None:
                raise HomeInUse(f"campaign {at_work.campaign} runs in this home; drain it first")
            if (pid := self._home.holder()) is not None:
                raise HomeInUse(
                    f"process {pid} holds this home; let it finish, or drain its campaign first",
                    pid=pid,
                )
            self._runs[campaign] = Run(campaign, file, self._spawn(campaign, file))
            if self._thread.ident is None:
                self._thread.start()

    def words(self, campaign: str) -> str | None:
        """Return what became of a campaign's child, or None where there was none."""
        run = self._runs.get(campaign)
        return None if run is None else run.words

    def started(self) -> dict[str, str]:
        """Return what became of every child, by campaign."""
        return {name: run.words for name, run in list(self._runs.items())}

    def close(self) -> None:
        """Ask every child to stop in good order, and wait for it."""
        self._is_closing.set()
        with self._lock:
            children = [one for one in self._runs.values() if one.process.poll() is None]
            for run in children:
                with contextlib.suppress(ProcessLookupError):
                    run.process.send_signal(signal.SIGTERM)
        for run in children:
            try:
                run.process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._log(f"campaign {run.campaign} did not stop in time; it is killed")
                run.process.kill()
                run.process.wait()
        if self._thread.ident is not None:
            self._thread.join()

    def _spawn(self, campaign: str, file: Path) -> subprocess.Popen[bytes]:
        """Start the command line's own ``run``; what it says goes into a file of the logs."""
        words = ("--home", str(self._home.path), "run", str(file), *self._options)
        with (self._home.logs / f"run-{campaign}.log").open("ab") as log:
            os.fchmod(log.fileno(), 0o600)
            return subprocess.Popen(
                (*self._command, *words),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._home.path,
                start_new_session=True,
            )

    def _watch(self) -> None:
        while not self._is_closing.wait(_POLL_S):
            with self._lock:
                if not self._is_closing.is_set():
                    self._look_at_all()

    def _look_at_all(self) -> None:
        for run in self._runs.values():
            now_s = time.monotonic()
            try:
                self._look_at(run, now_s)
            except OSError as error:
                run.next_start_s = now_s + _NO_ROOM_WAIT_S
                run.words = (
                    f"could not be started ({error.strerror}); it is tried again in "
                    f"{_NO_ROOM_WAIT_S:.0f} s"
                )
                self._log(f"campaign {run.campaign} {run.words}")

    def _look_at(self, run: Run, now_s: float) -> None:
        if run.next_start_s is not None:
            if now_s >= run.next_start_s:
                run.process = self._spawn(run.campaign, run.file)
                run.next_start_s = None
                run.words = "running"
            return
        status = run.process.poll()
        if status is None or run.words != "running":
            return
        if status in _ENDED:
            words = {0: "ended", 2: f"refused: {self._last_words(run)}", 130: "stopped"}
            run.words = words[status]
            return
        run.restarts_s = [one for one in run.restarts_s if now_s - one < WITHIN_S]
        if len(run.restarts_s) >= MOST_RESTARTS:
            run.words = f"failed {MOST_RESTARTS} times within an hour: {self._last_words(run)}"
            self._log(f"campaign {run.campaign} {run.words}")
            return
        wait_s = _FIRST_WAIT_S * 2.0 ** len(run.restarts_s)
        run.restarts_s.append(now_s)
        run.next_start_s = now_s + wait_s
        run.words = f"died ({status}); it resumes in {wait_s:.0f} s"
        self._log(f"campaign {run.campaign} {run.words}")

    def _last_words(self, run: Run) -> str:
        """Return the last line that the child said."""
        try:
            with (self._home.logs / f"run-{run.campaign}.log").open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
                lines = file.read().decode(errors="replace").strip().splitlines()
        except OSError:
            return ""
        return lines[-1][:500] if lines else ""
