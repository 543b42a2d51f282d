from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.cli import exit_status
from tests.controller.synthetic_campaign import write_campaign


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_campaign(tmp_path_factory.mktemp("commands") / "home", n=6)[0].path


def test_report_prints_where_the_page_is(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["report", "quickstart", "--home", str(home)]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path == home / "reports" / "quickstart.html"
    assert "<!doctype html>" in path.read_text("utf-8")


def test_report_json_is_one_document(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "page.html"
    assert exit_status(["report", "-o", str(target), "--json", "--home", str(home)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["report"] == str(target)
    assert document["size_bytes"] == target.stat().st_size


def test_an_unknown_campaign_is_wrong_usage(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["report", "other", "--home", str(home)]) == 2
    assert "it holds: quickstart" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_named(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    inside = tmp_path / "file" / "page.html"
    assert exit_status(["report", "-o", str(inside), "--home", str(home)]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert exit_status(["export", "-o", str(inside), "--home", str(home)]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_export_lists_its_files(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(["export", "--json", "--home", str(home)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["observations"] == 6
    assert set(document["files"]) == {
        "ro-crate-metadata.json",
        "observations.csv",
        "observations.parquet",
        "data-dictionary.csv",
        "campaign.yaml",
        "journal.jsonl",
    }
