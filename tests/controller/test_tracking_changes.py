"""Results that people take back or put right, in a real MLflow store."""

from __future__ import annotations

import json
import math
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from controller.cli import exit_status
from controller.events import Corrected, Event, Retracted
from controller.fold import fold
from controller.home import Home
from controller.journal import Journal, JournalReader
from controller.results import measured_best
from controller.run_store import JOB_TAG
from controller.state import State
from tests.controller.doubles import ManualClock
from tests.controller.synthetic_campaign import ENERGY, write_campaign
from tests.controller.test_tracking import artifacts, project, runs_of, tree

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own, on import
WHY = "the balance was off"


def state_of(home: Home, name: str) -> State:
    with JournalReader(home.journal) as journal:
        found = fold(journal.read(name))
    assert found is not None
    return found


def best_of(home: Home, name: str) -> tuple[str, float]:
    best = measured_best(state_of(home, name))
    assert best is not None
    value = best.value(ENERGY)
    assert value is not None
    return best.job.id, value


def change(home: Home, name: str, *events: Event) -> None:
    with closing(Journal(home.journal, ManualClock())) as journal:
        journal.append(name, list(events))
    project(home, name)


def run_of(home: Home, name: str, job_id: str) -> Any:
    (found,) = [run for run in runs_of(home, name) if run.data.tags.get(JOB_TAG) == job_id]
    return found


def shown_best(home: Home, name: str) -> float:
    (campaign,) = [run for run in runs_of(home, name) if JOB_TAG not in run.data.tags]
    return float(campaign.data.metrics[f"best/{ENERGY}"])


def test_what_people_take_back_or_put_right_is_in_the_runs_and_in_rebuilt_ones(
    tmp_path: Path,
) -> None:
    home, name = write_campaign(tmp_path / "home", n=12)
    project(home, name)
    first, first_value = best_of(home, name)
    assert shown_best(home, name) == pytest.approx(first_value)

    change(home, name, Retracted(job_id=first, by="anna", reason=WHY))
    second, second_value = best_of(home, name)
    assert second != first
    assert run_of(home, name, first).data.tags["cellwright.retracted"] == f"by anna: {WHY}"
    assert shown_best(home, name) == pytest.approx(second_value)

    wrong = Corrected(job_id=second, metric=ENERGY, value=12.5, by="anna", reason=WHY)
    change(home, name, wrong, wrong.model_copy(update={"value": 11.5}))
    run = run_of(home, name, second)
    assert run.data.metrics[ENERGY] == 11.5
    assert run.data.tags["cellwright.corrected"].count(f"by anna: {WHY}") == 2
    below = home.path / "mlflow-artifacts" / name / run.info.run_id / "artifacts"
    written = json.loads((below / "observation.json").read_text())
    assert written["metrics"][ENERGY]["value"] == 11.5
    left_value = best_of(home, name)[1]
    assert left_value < second_value
    assert shown_best(home, name) == pytest.approx(left_value)

    before, files = tree(home, name), artifacts(home, name)
    assert exit_status(["track", name, "--home", str(home.path), "--rebuild"]) == 0
    assert tree(home, name) == before
    assert artifacts(home, name) == files

    left = state_of(home, name).observations
    change(home, name, *(Retracted(job_id=one, by="anna", reason=WHY) for one in left))
    assert math.isnan(shown_best(home, name))
