"""Children that are watched: real processes that end in every way a campaign can."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from controller import runs as module
from controller.home import Home, HomeLock, make_home
from controller.runs import MOST_RESTARTS, Runs
from experiments.errors import HomeInUse


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def watched(home: Home, script: str) -> tuple[Runs, list[str]]:
    said: list[str] = []
    return Runs(home, log=said.append, command=("/bin/sh", "-c", script, "sh")), said


def waited(runs: Runs, words: str, patience_s: float = 15.0) -> None:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if words in (runs.words("cells") or ""):
            return
        time.sleep(0.02)
    raise AssertionError(runs.words("cells"))


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 0", "ended"),
        ("exit 130", "stopped"),
        ("echo no such metric >&2; exit 2", "refused: no such metric"),
    ],
)
def test_a_child_that_ends_in_order_is_left_alone(home: Home, script: str, words: str) -> None:
    runs, said = watched(home, script)
    runs.start("cells", home.path / "cells.yaml")
    waited(runs, words)
    runs.close()
    assert said == []


def test_a_child_that_dies_resumes_a_few_times(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_WAIT_S", 0.05)
    runs, said = watched(home, "echo once >> began; kill -9 $$")
    runs.start("cells", home.path / "cells.yaml")
    waited(runs, f"failed {MOST_RESTARTS} times")
    runs.close()
    assert (home.path / "began").read_text().count("once") == MOST_RESTARTS + 1
    assert len(said) == MOST_RESTARTS + 1


def test_one_campaign_runs_at_a_time(home: Home) -> None:
    runs, _ = watched(home, "trap 'exit 130' TERM; while :; do sleep 0.05; done")
    runs.start("cells", home.path / "cells.yaml")
    with pytest.raises(HomeInUse, match="campaign cells runs"):
        runs.start("others", home.path / "others.yaml")
    runs.close()


def test_a_home_that_another_command_holds_is_not_fought_for(home: Home) -> None:
    lock = HomeLock(home)
    runs, _ = watched(home, "exit 0")
    with pytest.raises(HomeInUse, match="holds this home"):
        runs.start("cells", home.path / "cells.yaml")
    lock.release()
    runs.close()


def test_closing_asks_children_to_stop_and_waits_for_them(home: Home) -> None:
    script = "trap 'echo saved > saved; exit 130' TERM; echo > up; while :; do sleep 0.05; done"
    runs, _ = watched(home, script)
    runs.start("cells", home.path / "cells.yaml")
    deadline = time.monotonic() + 10
    while not (home.path / "up").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    runs.close()
    assert (home.path / "saved").read_text() == "saved\n"


def test_a_child_that_cannot_be_started_again_is_tried_later(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FIRST_WAIT_S", 0.5)
    monkeypatch.setattr(module, "_NO_ROOM_WAIT_S", 1.0)
    script = "if test -e again; then exit 0; fi; touch again; kill -9 $$"
    runs, said = watched(home, script)
    runs.start("cells", home.path / "cells.yaml")
    waited(runs, "it resumes")
    log = home.logs / "run-cells.log"
    log.unlink()
    log.mkdir()  # it cannot be opened to write
    waited(runs, "could not be started (Is a directory)")
    with pytest.raises(HomeInUse, match="campaign cells runs"):
        runs.start("others", home.path / "others.yaml")
    log.rmdir()
    waited(runs, "ended")
    runs.close()
    assert any("could not be started" in one for one in said)


def test_a_child_that_died_unseen_is_not_over(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_POLL_S", 3600.0)
    runs, _ = watched(home, "kill -9 $$")
    runs.start("cells", home.path / "cells.yaml")
    runs._runs["cells"].process.wait(20)
    with pytest.raises(HomeInUse, match="campaign cells runs"):
        runs.start("others", home.path / "others.yaml")
    runs.close()


def test_nothing_is_started_while_it_closes(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_WAIT_S", 0.4)
    script = "echo once >> began; kill -9 $$"
    runs, _ = watched(home, script)
    monkeypatch.setattr(module, "_POLL_S", 0.05)
    runs.start("cells", home.path / "cells.yaml")
    waited(runs, "it resumes")
    runs._lock.acquire()  # the watcher stands before it, as it does while somebody starts another
    time.sleep(1.0)
    began = (home.path / "began").read_text().count("once")
    runs._is_closing.set()
    runs._lock.release()
    time.sleep(0.5)
    assert (home.path / "began").read_text().count("once") == began
    runs.close()
    with pytest.raises(HomeInUse, match="closing"):
        runs.start("cells", home.path / "cells.yaml")
