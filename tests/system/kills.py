"""Kill the processes of a campaign again and again, and compare what it comes to."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from controller.events import ComputeStarted, Observed
from tests.system.mlflow_server import MlflowServer
from tests.system.processes import left_behind, victim_of
from tests.system.tiny_session import events, finish, start

PATIENCE_S = 600.0
"""How long a campaign may take to measure again before the run is given up."""
_LOOK_S = 0.05

Found = list[tuple[str, str]]


@dataclass
class Kill:
    """One kill, and how long it took until things went on."""

    kind: str
    in_recovery: bool
    at_s: float
    """Into the run."""
    control_back_s: float | None = None
    """From the command to the first event of the new control; of kills of control only."""
    evaluating_s: float | None = None
    """From the kill to the next stored result; None where the next kill came before it."""


@dataclass
class Record:
    """What a round came to."""

    kills: list[Kill] = field(default_factory=list)
    acknowledged: dict[str, str] = field(default_factory=dict)
    final: Found = field(default_factory=list)
    n_computes: int = 0


def observed(home: Path) -> Found:
    """Return (job id, metrics) in journal order; nothing of it depends on time."""
    observations = [event.observation for event in events(home) if isinstance(event, Observed)]
    return [(o.job.id, json.dumps(o.model_dump()["metrics"])) for o in observations]


def check(record: Record, undisturbed: Found) -> None:
    """Fail where a round lost, doubled or changed anything."""
    times = Counter(job for job, _ in record.final)
    assert set(times.values()) == {1}, "an observation was doubled"
    final = dict(record.final)
    lost = record.acknowledged.items() - final.items()
    assert not lost, f"acknowledged observations were lost or changed: {sorted(lost)}"
    assert set(record.final) == set(undisturbed), "the final set differs from the undisturbed one"


class Disturbance:
    """A campaign under attack, in a folder of its own that holds its file."""

    def __init__(
        self,
        folder: Path,
        dice: random.Random,
        *,
        n_workers: int,
        mlflow: MlflowServer | None = None,
    ) -> None:
        """Prepare; the server, where there is one, is killed and at once started again."""
        self.folder = folder
        self._mlflow = mlflow
        self.record = Record()
        self._home = folder / "home"
        self._dice = dice
        self._n_workers = n_workers
        self._began_s = time.monotonic()
        self._control: subprocess.Popen[str] | None = None
        self._n_seen = 0
        self._unanswered: list[tuple[Kill, float]] = []

    def run(self, kinds: Sequence[str], *, share_in_recovery: float, calm_s: float) -> int:
        """Kill one process of each kind in turn; return how many the campaign lasted for.

        A share of the kills comes while the last one's damage is being mended, at a moment drawn
        from its usual length; the others once a result has come again, and up to ``calm_s`` later.
        """
        self._control = self._start()
        try:
            n = self._attack(kinds, share_in_recovery, calm_s)
            self._end()
        finally:
            control = self._running()
            control.kill()
            control.wait()
        return n

    def _attack(self, kinds: Sequence[str], share_in_recovery: float, calm_s: float) -> int:
        for n, kind in enumerate(kinds):
            in_recovery = bool(self._unanswered) and self._dice.random() < share_in_recovery
            if in_recovery:
                self._watch(self._dice.uniform(0.0, 8.0), until_news=False)
            elif not self._watch(PATIENCE_S, until_news=True):
                return n
            else:
                self._watch(self._dice.uniform(0.0, calm_s), until_news=False)
            if not self._kill(kind, in_recovery=bool(self._unanswered)):
                return n
        return len(kinds)

    def _start(self) -> subprocess.Popen[str]:
        return start(self.folder, "--workers", str(self._n_workers))

    def _kill(self, kind: str, *, in_recovery: bool) -> bool:
        """Kill a process; return False where the campaign ended before one was found."""
        control = self._running()
        if kind == "mlflow":
            assert self._mlflow is not None, "no MLflow server runs here"
            self._note(kind, in_recovery=in_recovery)
            self._mlflow.kill()
            self._mlflow.start()
            return control.poll() is None
        until_s = time.monotonic() + PATIENCE_S
        while (pid := victim_of(kind, control.pid, self._dice)) is None:
            if control.poll() is not None:
                return False
            assert time.monotonic() < until_s, f"there was no {kind} to be killed"
            time.sleep(_LOOK_S)
        kill = self._note(kind, in_recovery=in_recovery)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if kind == "control":
            control.wait(30)
            epoch = self._epoch()
            started_s = time.monotonic()
            self._control = self._start()
            while self._epoch() == epoch:
                assert time.monotonic() - started_s < PATIENCE_S, "control did not come back"
                time.sleep(0.01)
            kill.control_back_s = time.monotonic() - started_s
        return True

    def _note(self, kind: str, *, in_recovery: bool) -> Kill:
        """Note what is acknowledged before a kill, and when it comes."""
        self.record.acknowledged.update(observed(self._home))
        self._n_seen = len(self.record.acknowledged)
        now_s = time.monotonic()
        kill = Kill(kind, in_recovery, now_s - self._began_s)
        self.record.kills.append(kill)
        self._unanswered.append((kill, now_s))
        return kill

    def _watch(self, patience_s: float, *, until_news: bool) -> bool:
        """Look at the journal for so long, or until a result comes; return whether one came."""
        end_s = time.monotonic() + patience_s
        while time.monotonic() < end_s:
            if self._n_observed() > self._n_seen:
                now_s = time.monotonic()
                for kill, at_s in self._unanswered[-1:]:
                    kill.evaluating_s = now_s - at_s
                self._unanswered.clear()
                self._n_seen = self._n_observed()
                if until_news:
                    return True
            elif self._running().poll() is not None:
                return False
            time.sleep(_LOOK_S)
        assert not until_news, "the campaign measures nothing any more"
        return False

    def _end(self) -> None:
        """Let the campaign come to its end, and note what it came to."""
        self._watch(PATIENCE_S, until_news=True)
        ended = finish(self.folder, self._running())
        assert ended.status == 0, ended.err
        self.record.final = observed(self._home)
        told = events(self._home)
        self.record.n_computes = sum(isinstance(event, ComputeStarted) for event in told)
        until_s = time.monotonic() + 15.0
        while left_behind(self.folder) and time.monotonic() < until_s:
            time.sleep(_LOOK_S)
        assert not left_behind(self.folder)

    def _running(self) -> subprocess.Popen[str]:
        assert self._control is not None
        return self._control

    def _epoch(self) -> int:
        return self._number("SELECT max(epoch) FROM events")

    def _n_observed(self) -> int:
        return self._number(
            "SELECT count(*) FROM events WHERE CAST(substr(body, 1, 18) AS TEXT) = "
            '\'{"kind":"observed"\''
        )

    def _number(self, query: str) -> int:
        """Ask the journal without folding it; 0 before there is one."""
        try:
            uri = f"file:{self._home / 'journal.db'}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True, timeout=5.0)) as connection:
                return int(connection.execute(query).fetchone()[0] or 0)
        except sqlite3.Error:
            return 0
