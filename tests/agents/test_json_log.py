from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from agents import json_log as module
from agents.json_log import about, json_log


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_says_when_twice_and_what_it_is_about(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    log = logging.getLogger("cellwright.test")
    with json_log(path):
        log.info("one %s", "job", extra=about(job="abc", position=7, failure=None))
        log.info("next")
    first, second = lines(path)
    assert first["message"] == "one job"
    assert (first["job"], first["position"], first["level"]) == ("abc", 7, "info")
    assert "failure" not in first
    assert isinstance(first["monotonic_s"], float)
    assert isinstance(second["monotonic_s"], float)
    assert first["monotonic_s"] <= second["monotonic_s"]
    assert str(first["at"]).endswith("+00:00")


def test_a_message_of_many_lines_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    with json_log(path):
        try:
            raise ValueError("a\nb")
        except ValueError:
            logging.getLogger("agents.test").exception("it\nfailed")
    (only,) = lines(path)
    assert "ValueError" in str(only["traceback"])


def test_others_are_kept_from_their_warnings_on(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    other = logging.getLogger("elsewhere")
    other.setLevel(logging.INFO)
    with json_log(path):
        other.info("chatter")
        other.warning("worth knowing")
    assert [line["message"] for line in lines(path)] == ["worth knowing"]
    before = path.read_text()
    logging.getLogger("cellwright.test").warning("after the end")
    assert path.read_text() == before


def test_a_line_that_cannot_be_written_is_lost_in_silence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with json_log(tmp_path / "absent" / "x.jsonl"):
        logging.getLogger("cellwright.test").warning("lost")
    with json_log(Path("/dev/full")):
        logging.getLogger("cellwright.test").warning("lost")
    assert capsys.readouterr().err == ""


def test_logs_turn_over_and_stay_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 2000)
    path = tmp_path / "x.jsonl"
    with json_log(path):
        for n in range(300):
            logging.getLogger("cellwright.test").info("line %d", n)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 1 + module.N_KEPT
    assert all(file.stat().st_size <= 2000 for file in files)
    assert lines(path)[-1]["message"] == "line 299"
