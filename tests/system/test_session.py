"""Whole sessions of ``cellwright run`` with the real compute, as a user meets them."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from controller.api import Campaign
from controller.cli import exit_status
from controller.events import Interrupted, Observed
from tests.system.tiny_session import (
    CAMPAIGN,
    COUNTS,
    PATIENCE_S,
    Done,
    arguments,
    computes_below,
    events,
    finish,
    start,
    usage_of,
)


def status_of(home: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert exit_status(["status", "tiny", "--home", str(home), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.timeout(900)
def test_a_session_ends_with_one_document_and_a_report(done: Done) -> None:
    assert done.status == 0, done.err
    document = json.loads(done.out)
    assert document["state"] == "finished"
    assert document["observations"] == COUNTS
    assert document["measured_best"]["objectives"]["energy"]["value"] > 0
    assert document["baseline"]["fine"] is not None
    assert Path(document["report"]).is_file()
    assert "coarse 12/12" in done.err


@pytest.mark.timeout(900)
def test_control_stays_small_and_imports_neither_ray_nor_torch(done: Done) -> None:
    usage = usage_of(done)
    foreign = {"ray", "torch", "botorch", "gpytorch", "pybamm", "mlflow"}
    assert not foreign & set(usage["modules"])
    assert "controller" in usage["modules"]
    assert usage["peak_MB"] < 400


@pytest.mark.timeout(900)
def test_every_question_can_be_asked_again(done: Done) -> None:
    from agents.wiring import decider

    found = Campaign.load(done.campaign, home=done.home).answered_questions()
    asked = list(found)
    assert asked
    for one in asked:
        answer = decider(one.question.campaign.decider).rank(one.question)
        assert answer.candidates == one.ranking.candidates


@pytest.mark.timeout(900)
def test_nothing_is_left_running(done: Done) -> None:
    assert computes_below(done.folder) == []


@pytest.mark.timeout(900)
def test_status_agrees_with_what_the_session_said(
    done: Done, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(done.home, capsys) == json.loads(done.out)
    assert exit_status(["status", str(done.campaign), "--home", str(done.home)]) == 0
    assert "finished (budget)" in capsys.readouterr().out


@pytest.mark.timeout(900)
def test_a_finished_campaign_run_again_shows_its_results(
    done: Done, capsys: pytest.CaptureFixture[str]
) -> None:
    before = events(done.home)
    assert exit_status(arguments(done.folder)) == 0
    shown = capsys.readouterr()
    assert "finished already" in shown.err
    best, report, go_on = shown.out.strip().splitlines()
    assert "Wh/kg" in best
    assert "tiny.html" in report
    assert "cellwright run" in go_on
    assert events(done.home) == before


@pytest.mark.timeout(900)
def test_a_changed_file_is_refused_with_the_keys(
    done: Done, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "tiny.yaml"
    other.write_text(CAMPAIGN.replace("seed: 3", "seed: 4").replace("max: 80", "max: 90"))
    assert exit_status(["run", str(other), "--home", str(done.home)]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "seed: 3 → 4" in line
    assert "thickness_um" in line
    assert "80.0 → 90.0" in line


@pytest.mark.timeout(900)
def test_a_running_campaign_can_be_watched_and_interrupted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tiny.yaml").write_text(CAMPAIGN.replace("coarse: 12", "coarse: 4000"))
    control = start(tmp_path, "--workers", "1")
    try:
        until = time.monotonic() + PATIENCE_S
        while not any(isinstance(event, Observed) for event in events(tmp_path / "home")):
            assert control.poll() is None, finish(tmp_path, control).err
            assert time.monotonic() < until
            time.sleep(0.2)
        document = status_of(tmp_path / "home", capsys)
        assert document["state"] == "running"
        assert exit_status(arguments(tmp_path)) == 2
        assert f"in use by process {control.pid}" in capsys.readouterr().err
        control.send_signal(signal.SIGINT)
        ended = finish(tmp_path, control)
    finally:
        control.kill()
        control.wait()
    assert ended.status == 130
    assert "To go on: cellwright run" in ended.err
    assert isinstance(events(tmp_path / "home")[-1], Interrupted)
    assert status_of(tmp_path / "home", capsys)["state"] == "interrupted"
    assert computes_below(tmp_path) == []


@pytest.mark.timeout(900)
def test_a_ray_address_nobody_answers_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(CAMPAIGN)
    ended = finish(tmp_path, start(tmp_path, "--ray", "127.0.0.1:1"))
    assert ended.status == 2
    assert "127.0.0.1:1" in ended.err.strip().splitlines()[-1]
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--home", "/proc/home"], "cannot be written"),
        (["--ray", "ray://head:10001"], "Ray client addresses are not supported"),
        (["--stop-after", "0"], "0 is not in the range"),
        (["--workers", "none"], "not a valid integer"),
    ],
)
def test_wrong_options_are_told_before_anything_runs(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_status(["run", "quickstart", "--home", str(tmp_path / "home"), *options]) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.out == ""
    assert not (tmp_path / "home" / "journal.db").exists()


def test_an_unknown_decider_is_told_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tiny.yaml").write_text(CAMPAIGN.replace("decider: sobol", "decider: oracle"))
    assert exit_status(arguments(tmp_path)) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "'oracle'" in line
    assert "sobol" in line
