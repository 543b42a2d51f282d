"""A file outside is told of decisions, and is never waited for: it may lie on a disk that hangs."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.anchored_journal import AnchoredJournal
from controller.audit_anchor import NAMES_THE_FILE, read_anchors
from controller.clock import SystemClock
from controller.events import ComputeLost, Paused, Unpaused
from controller.home import Home
from controller.journal import JournalReader
from controller.operate import operate
from controller.order import Pause
from tests.controller.synthetic_campaign import write_campaign


def waited(condition: Callable[[], bool], patience_s: float = 20.0) -> None:
    deadline_s = time.monotonic() + patience_s
    while not condition() and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert condition()


def decide(home: Home, name: str, patience_s: float = 5.0) -> None:
    journal = AnchoredJournal(home.journal, SystemClock(), patience_s=patience_s)
    journal.append(name, [Paused(by="anna", reason="oven")])
    journal.append(name, [Unpaused(by="bo")])
    journal.close()


def test_a_journal_that_was_closed_has_told_of_every_decision(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home", n=2, is_finished=False)
    (home.path / NAMES_THE_FILE).write_text(str(tmp_path / "outside"))
    decide(home, name)
    with JournalReader(home.journal) as journal:
        decided = [one for one in journal.read_all() if hasattr(one.event, "by")]
        found = read_anchors(tmp_path / "outside")
        assert [one.position for _, one in found.anchors] == [one.position for one in decided]
        assert all(journal.holds(one) for _, one in found.anchors)
    assert found.torn == ()


def test_what_nobody_decided_is_no_line(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home", n=2, is_finished=False)
    (home.path / NAMES_THE_FILE).write_text(str(tmp_path / "outside"))
    journal = AnchoredJournal(home.journal, SystemClock())
    journal.append(name, [ComputeLost(reason="silent")])
    journal.close()
    assert not (tmp_path / "outside").exists()


def test_a_disk_that_hangs_stops_no_decision(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A pipe that nobody reads hangs whoever opens it, as a mount does whose server is gone."""
    home, name = write_campaign(tmp_path / "home", n=2, is_finished=False)
    outside = tmp_path / "outside"
    os.mkfifo(outside)
    (home.path / NAMES_THE_FILE).write_text(str(outside))
    deciding = threading.Thread(target=decide, args=(home, name, 0.05), daemon=True)
    deciding.start()
    deciding.join(20)
    has_ended = not deciding.is_alive()
    waited(lambda: "hangs for 0.05 s already" in caplog.text)
    let_go = os.open(outside, os.O_RDWR)
    for thread in [one for one in threading.enumerate() if one.name == "audit file"]:
        thread.join(20)
    os.close(let_go)
    assert has_ended
    with JournalReader(home.journal) as journal:
        assert [one.event.kind for one in journal.read_all()][-2:] == ["paused", "unpaused"]
    assert "took no line within 0.05 s" in caplog.text


def test_a_file_that_takes_no_line_undoes_no_decision(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home, name = write_campaign(tmp_path / "home", n=2, is_finished=False)
    (home.path / NAMES_THE_FILE).write_text(str(tmp_path))  # a folder
    assert "paused" in operate(home, Pause(campaign=name, reason="oven", person="anna"))
    assert "takes no line" in caplog.text
