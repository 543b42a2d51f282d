from __future__ import annotations

import asyncio
import getpass
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from controller.cli import exit_status
from controller.control_socket import control_socket
from controller.home import Home, HomeLock
from controller.inbox import Inbox
from controller.operate import operate
from controller.order import Done, Pause, Refused
from experiments.errors import HomeInUse, Invalid
from tests.controller.synthetic_campaign import write_campaign


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home, _ = write_campaign(tmp_path / "home", n=4, is_finished=False)
    return home


def status(home: Home, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    capsys.readouterr()
    assert exit_status(["status", "--home", str(home.path), "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_pause_and_resume_work_where_nobody_runs(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--home", str(home.path)]
    assert exit_status(["pause", "quickstart", "--reason", "oven", *words]) == 0
    assert "to lift it: cellwright resume quickstart" in capsys.readouterr().out
    paused = status(home, capsys)["paused"]
    assert isinstance(paused, dict)
    assert (paused["by"], paused["reason"]) == (getpass.getuser(), "oven")
    assert exit_status(["status", *words]) == 0
    assert f"paused      since {paused['since'][:10]}" in capsys.readouterr().out
    assert exit_status(["resume", *words]) == 0
    assert status(home, capsys)["paused"] is None


def test_abort_wants_to_be_confirmed(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--home", str(home.path), "--reason", "wrong cathode"]
    assert exit_status(["abort", "quickstart", *words]) == 2
    assert "confirm it with --yes" in capsys.readouterr().err
    assert status(home, capsys)["state"] == "interrupted"
    assert exit_status(["abort", "quickstart", "--yes", *words]) == 0
    found = status(home, capsys)
    assert found["state"] == "aborted"
    assert found["reason"] == f"aborted by {getpass.getuser()}: wrong cathode"
    assert exit_status(["run", "quickstart", "--home", str(home.path)]) == 2
    assert "give the campaign a new name" in capsys.readouterr().err


def test_drain_says_that_nobody_works_on_it(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["drain", "--home", str(home.path)]) == 0
    assert "nothing to drain" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["pause", "resume", "drain", "abort"])
def test_an_order_for_a_campaign_that_is_not_there_is_one_line(
    name: str, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_status([name, "other", "--home", str(home.path)]) == 2
    assert "holds no campaign 'other'" in capsys.readouterr().err


def test_a_control_that_holds_the_home_and_does_not_listen_is_named(home: Home) -> None:
    lock = HomeLock(home)
    try:
        with pytest.raises(HomeInUse, match="in use by process"):
            operate(home, Pause(campaign="quickstart"), patience_s=0.1)
    finally:
        lock.release()


@contextmanager
def answering(home: Home, answer: Done | Refused) -> Iterator[None]:
    end, ready = threading.Event(), threading.Event()

    async def run() -> None:
        inbox = Inbox()
        async with control_socket(home, inbox):
            ready.set()
            while not end.is_set():
                for waiting in inbox.take():
                    waiting.answer(answer)
                await asyncio.sleep(0.001)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert ready.wait(5)
    try:
        yield
    finally:
        end.set()
        thread.join(5)


def test_a_running_control_is_asked_and_its_answer_told(home: Home) -> None:
    lock = HomeLock(home)
    try:
        with answering(home, Done(message="so be it")):
            assert operate(home, Pause(campaign="quickstart")) == "so be it"
        with (
            answering(home, Refused(message="at its end")),
            pytest.raises(Invalid, match="at its end"),
        ):
            operate(home, Pause(campaign="quickstart"))
    finally:
        lock.release()


def test_a_wrong_result_is_corrected_or_taken_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, _ = write_campaign(tmp_path / "other", n=16)
    words = ["--home", str(home.path)]
    before = status(home, capsys)["measured_best"]
    assert isinstance(before, dict)
    job, why = before["job_id"], ["--reason", "unit of the balance"]
    energy = "specific_energy_Wh_per_kg"
    assert exit_status(["correct", "quickstart", "best", f"{energy}=1.5", *why, *words]) == 0
    assert f"{energy} of job {job} is 1.5 now" in capsys.readouterr().out
    corrected = status(home, capsys)["measured_best"]
    assert corrected != before
    assert exit_status(["retract", "quickstart", str(job)[:8], *why, *words]) == 0
    assert exit_status(["retract", "quickstart", str(job)[:8], *why, *words]) == 2
    assert "was taken back; nothing to retract" in capsys.readouterr().err
    assert exit_status(["trace", "quickstart", str(job), *words]) == 0
    assert "taken back by a person" in capsys.readouterr().out
    assert exit_status(["correct", "quickstart", "best", f"{energy}=nan", *why, *words]) == 2
    assert "expected METRIC=VALUE with a finite number" in capsys.readouterr().err
    assert exit_status(["correct", "quickstart", "best", "weight=1", *why, *words]) == 2
    assert "has no metric 'weight'" in capsys.readouterr().err
    assert exit_status(["retract", "quickstart", "best", *words]) == 2  # without a reason
