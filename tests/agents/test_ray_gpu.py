from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CALL = "import sys; from tests.agents.gpu_calls import main; main(sys.argv[1])"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what came of calls on a logical GPU."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    folder = tmp_path_factory.mktemp("gpu")
    answer = folder / "told.json"  # Ray writes to standard output whenever it likes
    done = subprocess.run(
        [sys.executable, "-P", "-c", CALL, str(answer)],
        env={**plain, "PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(answer.read_text())
    return found


def test_calls_that_are_ready_together_run_side_by_side_in_one_worker(told: dict[str, Any]) -> None:
    assert told["gpus"] == 1
    assert [what for what, _, _ in told["met"]] == ["meet"] * 3
    assert len({pid for _, pid, _ in told["met"]}) == 1


def test_only_calls_with_a_part_of_a_gpu_may_use_it(told: dict[str, Any]) -> None:
    assert {device for _, _, device in told["met"]} == {"auto"}
    assert told["plain"] == "cpu"


def test_of_calls_whose_worker_died_only_the_deadly_one_is_reported(told: dict[str, Any]) -> None:
    assert told["mixed"] == ["Returned", "Died", "Returned"]
    assert [what for what, _, _ in told["again"]] == ["c"]


def test_a_call_that_waits_for_others_can_be_cancelled(told: dict[str, Any]) -> None:
    assert told["cancelled"] == "Cancelled"


def test_measured_together_gives_the_same_as_alone(told: dict[str, Any]) -> None:
    assert told["equal"] is True
