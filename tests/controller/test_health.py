"""Doctor's checks say what is there and what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller import health
from controller.cli import exit_status
from controller.health import Verdict


def test_doctor_finds_this_machine_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["--home", str(tmp_path / "home"), "doctor", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ok"]
    found = {check["name"]: check for check in document["checks"]}
    assert {"python", "ray", "ray starts", "sqlite", "gpu", "disk", "home"} <= set(found)
    assert found["ray starts"]["verdict"] == "ok"
    assert not (tmp_path / "home").exists()


def test_a_home_that_is_a_file_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    check = health._home(tmp_path / "file")
    assert check.verdict is Verdict.wrong
    assert check.advice


def test_a_missing_distribution_says_how_to_get_it() -> None:
    check = health._distribution("no-such-distribution")
    assert check.verdict is Verdict.wrong
    assert check.advice == "pip install no-such-distribution"
