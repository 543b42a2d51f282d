"""The thread that tells the audit's file: lines in order, and nobody waits for a broken one."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller import anchor_thread
from controller.anchor_thread import AnchorThread
from controller.events import Recorded, Resumed


def recorded(position: int) -> Recorded:
    return Recorded(
        position=position,
        campaign="tiny",
        epoch=1,
        at="2026-03-02T09:00:00+00:00",
        session_s=0.0,
        hash=f"{position:064x}",
        event=Resumed(),
    )


def test_lines_are_written_in_the_order_they_came(tmp_path: Path) -> None:
    file = tmp_path / "audit"
    thread = AnchorThread(file)
    for position in (3, 5, 8):
        thread.add(recorded(position))
    thread.close()
    places = [line.split()[0] for line in file.read_text().splitlines() if line]
    assert places == ["3", "5", "8"]


def test_a_thread_that_was_told_nothing_is_closed_at_once(tmp_path: Path) -> None:
    AnchorThread(tmp_path / "audit").close()
    assert not (tmp_path / "audit").exists()


def test_a_file_that_takes_no_line_is_logged_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    thread = AnchorThread(tmp_path)
    thread.add(recorded(3))
    thread.add(recorded(4))
    thread.close()
    assert caplog.text.count("takes no line") == 2


def test_lines_beyond_what_may_wait_are_left_out_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anchor_thread, "_MOST_WAITING", 1)
    thread = AnchorThread(tmp_path / "audit")
    monkeypatch.setattr(thread, "_thread", type("Hung", (), {"ident": 1})())
    thread.add(recorded(3))
    thread.add(recorded(4))
    assert caplog.text.count("a line is left out") == 1
