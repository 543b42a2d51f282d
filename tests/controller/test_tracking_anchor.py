"""The audit's anchor in a real MLflow store."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.cli import exit_status
from controller.operate import operate
from controller.order import Pause, Resume
from controller.tracking import ANCHOR_TAG
from tests.controller.forgery import forge, opened
from tests.controller.synthetic_campaign import write_campaign
from tests.controller.test_tracking import empty_store, project, runs_of

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's own, on import
__all__ = ["empty_store"]


def test_the_run_says_where_the_chain_stood_and_a_forged_one_does_not_agree(
    tmp_path: Path, empty_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, name = write_campaign(tmp_path / "home", n=1, is_finished=False)
    (home.path / "mlflow.db").write_bytes(empty_store.read_bytes())
    audit = ["audit", "--home", str(home.path), "--mlflow"]
    assert exit_status(audit) == 0
    assert "no anchor in the MLflow run" in capsys.readouterr().err
    operate(home, Pause(campaign=name, reason="oven", person="anna"))
    project(home, name)
    (tag,) = [run.data.tags[ANCHOR_TAG] for run in runs_of(home, name)
              if ANCHOR_TAG in run.data.tags]  # fmt: skip
    assert exit_status(audit) == 0
    said = capsys.readouterr().err
    assert f"anchor is at position {tag.split()[0]}; 0 decisions after it" in said
    assert "this store lies in the home, and proves nothing" in said
    with opened(home.journal) as rows:
        n = next(n for n, row in enumerate(rows) if b"anna" in row.body)
        rows[n] = rows[n]._replace(body=rows[n].body.replace(b"anna", b"otto"))
        forge(home.journal, rows, n)
    assert exit_status(audit) == 3
    assert "changed at or before" in capsys.readouterr().err
    # What is decided after that takes the older word away from nobody.
    operate(home, Resume(campaign=name, reason="", person="bo"))
    project(home, name)
    assert [run.data.tags[ANCHOR_TAG] for run in runs_of(home, name)
            if ANCHOR_TAG in run.data.tags] == [tag]  # fmt: skip
