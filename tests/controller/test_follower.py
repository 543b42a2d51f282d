"""The follower over a real journal that somebody else writes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from controller import follower as module
from controller.clock import SystemClock
from controller.events import Paused, Resumed, Unpaused
from controller.follower import Follower
from controller.home import HomeLock, make_home
from controller.journal import Journal
from controller.kept_state import keep_state
from controller.operate import operate
from controller.order import Pause
from tests.controller.synthetic_campaign import write_campaign


def waited(condition: object, patience_s: float = 10.0) -> bool:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


def test_what_another_process_writes_is_seen_within_a_second(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home", n=4, is_finished=False)
    told: list[str] = []
    follower = Follower(home, told.append)
    follower.start()
    try:
        assert list(follower.campaigns) == [name]
        before = follower.campaigns[name]
        began_s = time.monotonic()
        operate(home, Pause(campaign=name, reason="oven", person="anna"))
        assert waited(lambda: follower.campaigns[name].state.pause is not None)
        assert time.monotonic() - began_s < 2.0  # one second, and as much for a busy machine
        pause = follower.campaigns[name].state.pause
        assert pause is not None
        assert (pause.by, pause.reason) == ("anna", "oven")
        assert before.state.pause is None  # what was handed out stays as it was
        assert told.count(name) >= 2
        assert follower.campaigns[name].tail[-1].event.kind == "paused"
    finally:
        follower.close()


def test_an_order_is_seen_once_catching_up_returns(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home", n=2, is_finished=False)
    follower = Follower(home)
    follower.start()
    try:
        for n in range(5):
            operate(home, Pause(campaign=name, reason=f"{n}"))
            follower.catch_up()
            pause = follower.campaigns[name].state.pause
            assert pause is not None
            assert pause.reason == f"{n}"
    finally:
        follower.close()


def test_an_order_is_seen_whose_files_changed_before_it_could_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, name = write_campaign(tmp_path / "home", n=2, is_finished=False)
    monkeypatch.setattr(module, "_signature", lambda path: (1, 1, 1, 1))
    follower = Follower(home)
    follower.start()
    try:
        journal = Journal(home.journal, SystemClock())
        journal.append(name, [Paused(by="anna")])
        follower.catch_up()
        assert follower.campaigns[name].state.pause is not None
        journal.close()
    finally:
        follower.close()


def test_a_campaign_runs_only_while_somebody_holds_the_home(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home", n=2, is_finished=False)
    follower = Follower(home)
    follower.start()
    try:
        lock = HomeLock(home)
        journal = Journal(home.journal, SystemClock())
        journal.append(name, [Resumed()])
        assert waited(lambda: follower.campaigns[name].state.phase == "running")
        journal.close()
        lock.release()
        assert waited(lambda: follower.campaigns[name].state.phase == "interrupted")
        assert follower.campaigns[name].state.reason == "control ended without notice"
    finally:
        follower.close()


def test_it_begins_with_a_kept_state_and_says_the_same(tmp_path: Path) -> None:
    home, name = write_campaign(tmp_path / "home", n=6, is_finished=False)
    plain = Follower(home)
    plain.start()
    seen = plain.campaigns[name]
    keep_state(home, seen.state, plain.anchor)
    plain.close()
    journal = Journal(home.journal, SystemClock())
    journal.append(name, [Paused(by="anna"), Unpaused(by="anna")])
    journal.close()
    follower = Follower(home)
    follower.start()
    try:
        found = follower.campaigns[name]
        assert found.state.position == seen.state.position + 2
        assert list(found.state.observations) == list(seen.state.observations)
    finally:
        follower.close()


def test_a_home_without_a_journal_has_no_campaigns_until_one_begins(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    follower = Follower(home)
    follower.start()
    try:
        assert follower.campaigns == {}
        write_campaign(tmp_path / "home", n=2)
        assert waited(lambda: "quickstart" in follower.campaigns)
    finally:
        follower.close()


def test_a_journal_that_was_changed_is_said_to_be_damaged(tmp_path: Path) -> None:
    home, _ = write_campaign(tmp_path / "home", n=2)
    data = bytearray(home.journal.read_bytes())
    place = data.rindex(b'"kind":"finished"')
    data[place + 9] ^= 1
    home.journal.write_bytes(data)
    follower = Follower(home)
    follower.start()
    try:
        assert follower.fault is not None
        assert "damaged at position" in follower.fault
    finally:
        follower.close()


def test_another_journal_in_its_place_is_read_from_its_beginning(tmp_path: Path) -> None:
    home, _ = write_campaign(tmp_path / "home", n=4)
    other, _ = write_campaign(tmp_path / "other", n=2, name="another")
    follower = Follower(home)
    follower.start()
    try:
        for path in (home.journal.with_suffix(".head"), home.journal):
            os.replace(other.path / path.name, path)
        assert waited(lambda: list(follower.campaigns) == ["another"])
    finally:
        follower.close()
