from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.campaign_file import load_campaign
from controller.cli import exit_status
from controller.journal import JournalReader

OPTIONS = ["--workers", "3", "--faults", "10", "--days", "2"]


def campaign_in(folder: Path) -> Path:
    """Write the quickstart with a decider that needs no model: that one is rehearsed elsewhere."""
    path = folder / "quickstart.yaml"
    path.write_text(load_campaign("quickstart").text + "\ndecider: sobol\n")
    return path


def test_it_tells_how_busy_how_long_and_what_failed_and_keeps_its_journal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["rehearse", str(campaign_in(tmp_path)), *OPTIONS]
    assert exit_status([*call, "--seed", "4", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["evaluations"] == {"coarse": 24, "fine": 8}
    assert told["ending"] == "finished (budget)"
    assert told["is_complete"]
    assert 0.5 < told["utilisation"] <= 1.1
    assert told["evaluations_per_day"] == pytest.approx(32 / told["days"])
    folder = tmp_path / "kept"  # the same once more, its journal kept
    assert exit_status([*call, "--seed", "4", "--journal", str(folder)]) == 0
    text = capsys.readouterr().out
    assert "24 coarse, 8 fine" in text
    assert "no result was lost or doubled" in text
    with JournalReader(folder / "journal.db") as journal:
        assert journal.campaigns() == ("quickstart",)
    assert exit_status([*call, "--journal", str(folder)]) == 2
    assert "is not empty" in capsys.readouterr().err
