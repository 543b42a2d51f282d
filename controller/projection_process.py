"""Control's side of the projection's process: it is told of news, and what it needs costs others.

The process takes MLflow's memory, its processor time at a lower priority than the evaluations', and
whatever MLflow does when a disk is full or a server is away. It ends when control does, and is
started again, after a while, when it ends before: ``keep_alive`` looks after that.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Final

from controller.compute_link import compute_environment, turn_over
from controller.home import Home
from controller.projecting import CLOSE, NEWS, Assignment, Told
from controller.tracking_address import TrackingAddress

_RETRY_S: Final = 30.0
"""Between two starts of a process that ends by itself (assumed)."""
_LOOK_S: Final = 1.0
"""Between two looks whether it still is there (assumed)."""


class ProjectionProcess:
    """Keeps the MLflow runs of a campaign up to date beside control."""

    def __init__(
        self,
        home: Home,
        campaign: str,
        address: TrackingAddress,
        environment: Mapping[str, str],
        log: Callable[[str], None],
    ) -> None:
        self._home = home
        self._environment = compute_environment(environment, Path.cwd())
        self._assignment = Assignment(
            home=str(home.path.absolute()),
            campaign=campaign,
            uri=address.uri,
            artifacts=address.artifacts,
            credentials=address.credentials,
        )
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._listener: threading.Thread | None = None
        self._started_s = float("-inf")
        self._is_wanted = False
        self._is_behind = True
        self._is_closing = False
        self._n_said = 0
        self._n_heard = 0

    @property
    def is_behind(self) -> bool:
        """Say whether there are events that were not projected, after it has begun."""
        return self._is_wanted and (self._is_behind or self._n_heard < self._n_said)

    @property
    def pid(self) -> int | None:
        """Return the process's id; None before there is one."""
        return None if self._process is None else self._process.pid

    def wake(self) -> None:
        """Say that there is news; the first call starts the process. Returns at once."""
        self._is_wanted = True
        self._is_behind = True
        if self._is_alive or self._restart():
            self._say(NEWS)

    def look(self) -> None:
        """Start it again where it ended and is wanted, once it is time. Returns at once."""
        if self._is_wanted and not self._is_closing and not self._is_alive:
            self.wake()

    def close(self, timeout_s: float) -> bool:
        """Let it catch up for so long, and return whether it did; after this it is gone."""
        if not self._is_wanted:
            return True
        self._is_closing = True
        end_s = time.monotonic() + timeout_s
        try:
            for _ in range(2):  # one that died just now may not be known to be dead
                self._is_behind = True
                if not self._is_alive:
                    self._start()
                assert self._process is not None
                assert self._listener is not None
                self._say(CLOSE)
                self._listener.join(max(0.0, end_s - time.monotonic()))
                if self._listener.is_alive():
                    return False
                if self._process.wait() == 0:
                    return not self.is_behind
        except OSError as error:
            self._log(f"the projection's process could not be started: {error}")
        finally:
            self._end()
        return False

    @property
    def _is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _restart(self) -> bool:
        """Start it where that is not too soon, and return whether it was started."""
        if time.monotonic() - self._started_s < _RETRY_S:
            return False
        self._started_s = time.monotonic()
        try:
            self._start()
        except OSError as error:  # no room, no memory, no descriptors: the campaign goes on
            self._log(f"the projection's process could not be started: {error}")
            return False
        return True

    def _end(self) -> None:
        if self._process is None or self._listener is None:
            return
        self._process.kill()
        self._process.wait()
        self._listener.join()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _start(self) -> None:
        if self._listener is not None:
            self._listener.join(_LOOK_S)  # the one before is dead, and has told everything
        self._is_behind = True
        self._n_said = self._n_heard = 0
        log = self._home.logs / "projection.log"
        turn_over(log)
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "controller.projecting"],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(self._assignment.model_dump_json().encode() + b"\n")
        with contextlib.suppress(OSError):
            self._process.stdin.flush()
        os.set_blocking(self._process.stdin.fileno(), False)
        self._listener = threading.Thread(
            target=self._listen, args=(self._process.stdout,), name="projection", daemon=True
        )
        self._listener.start()

    def _say(self, word: bytes) -> None:
        """Tell it a word; a pipe that is full holds enough of them, and one without a reader none.

        Nothing is told twice: a process that ended finds everything in the journal.
        """
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._n_said += os.write(self._process.stdin.fileno(), word)

    def _listen(self, lines: IO[bytes]) -> None:
        """Take what it tells until its end."""
        with lines:
            for line in lines:
                told = Told(**json.loads(line))
                self._is_behind = told.is_behind
                self._n_heard = told.n_heard
                if told.log:
                    self._log(told.log)
        if not self._is_closing:
            self._is_behind = True
            self._log("the projection's process ended; it is started again in a while")


async def keep_alive(projection: ProjectionProcess) -> None:
    """Have it started again when it ends, whether or not there is news. Never ends by itself."""
    while True:
        await asyncio.sleep(_LOOK_S)
        projection.look()
