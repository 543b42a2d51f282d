"""A leader that is stopped, replaced and continued writes nothing more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from controller.events import ComputeLost
from controller.home import Home, HomeLock, make_home
from controller.journal import Journal, JournalReader
from experiments.errors import Transient
from tests.controller.doubles import ManualClock

ROOT = Path(__file__).resolve().parents[3]
LEADER = """
import sys
from pathlib import Path
from controller.events import ComputeLost
from controller.home import HomeLock, make_home
from controller.journal import Journal
from experiments.errors import HomeInUse
from tests.controller.doubles import ManualClock
for line in sys.stdin:
    home = make_home(Path(line.strip()))
    lock = HomeLock(home)
    journal = Journal(home.journal, ManualClock())
    try:
        while True:
            (one,) = journal.append("a", [ComputeLost(reason=f"{journal.epoch}")])
            print(one.position, flush=True)
    except HomeInUse:
        print("refused", flush=True)
    journal.close()
    lock.release()
"""


def appended(leader: subprocess.Popen[bytes], n_lines: int) -> list[bytes]:
    """Return the next lines a leader says, as soon as there are so many."""
    assert leader.stdout is not None
    return [leader.stdout.readline().strip() for _ in range(n_lines)]


def taken(home: Home) -> Journal | None:
    """Return the journal taken over; None where its leader was stopped in the midst of a write."""
    try:
        return Journal(home.journal, ManualClock())
    except Transient as error:
        if "in the midst of a write" not in error.message:
            raise
        return None


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.journal.connection._BUSY_S", 0.3)


@pytest.fixture
def leader() -> Iterator[subprocess.Popen[bytes]]:
    """Return a process that leads in every home it is given, until another one takes over."""
    command = [sys.executable, "-c", LEADER]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe) as process:
        yield process
        process.kill()


def take_over(folder: Path, n_before: int, leader: subprocess.Popen[bytes]) -> None:
    """Stop a busy leader anywhere, take over, append, continue it, and look at the journal."""
    home = make_home(folder)
    assert leader.stdin is not None
    assert leader.stdout is not None
    leader.stdin.write(f"{home.path}\n".encode())
    leader.stdin.flush()
    appended(leader, n_before)
    os.kill(leader.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, leader.pid, os.WSTOPPED)
    lock = HomeLock(home, take_over=True)
    while (journal := taken(home)) is None:
        os.kill(leader.pid, signal.SIGCONT)
        appended(leader, 3)
        os.kill(leader.pid, signal.SIGSTOP)
    with closing(journal):
        first = journal.tip.position
        journal.append("a", [ComputeLost(reason="new")] * 3)
        os.kill(leader.pid, signal.SIGCONT)
        while (line := leader.stdout.readline().strip()) != b"refused":
            assert line, "the leader ended without being refused"
            assert int(line) <= first, "a stale append was acknowledged"
        journal.append("a", [ComputeLost(reason="new")] * 3)
    lock.release()
    with JournalReader(home.journal) as reader:
        epochs = [recorded.epoch for recorded in reader.read("a")]
    assert epochs == [1] * first + [2] * 6, "an event of the old epoch follows one of the new"


@pytest.mark.parametrize("n_before", [1, 6])
def test_a_continued_leader_appends_nothing(
    tmp_path: Path, n_before: int, leader: subprocess.Popen[bytes]
) -> None:
    take_over(tmp_path / "home", n_before, leader)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_continued_leader_appends_nothing_a_hundred_times(
    tmp_path: Path, leader: subprocess.Popen[bytes]
) -> None:
    for n in range(100):
        take_over(tmp_path / str(n), 1 + n % 40, leader)
