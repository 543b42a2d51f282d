from __future__ import annotations

import time

import pytest

from controller.announcement import Announcement


def test_short_work_is_not_announced(capsys: pytest.CaptureFixture[str]) -> None:
    with Announcement() as announce:
        announce("reading the image")
        announce("solving")
    assert capsys.readouterr().err == ""


def test_long_work_says_the_present_step_and_then_every_next_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.announcement.QUIET_S", 0.05)
    with Announcement() as announce:
        announce("reading the image")
        announce("solving axis 0")
        end_s = time.monotonic() + 20
        while not announce._is_speaking and time.monotonic() < end_s:
            time.sleep(0.01)
        announce("solving axis 1")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == ["solving axis 0 …", "solving axis 1 …"]


def test_work_that_fails_early_leaves_no_timer_behind(capsys: pytest.CaptureFixture[str]) -> None:
    announce = Announcement()

    def work() -> None:
        with announce:
            announce("reading the image")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        work()
    announce._timer.join(20)
    assert not announce._timer.is_alive()
    assert capsys.readouterr().err == ""
