"""The audit's anchor outside: what a forger of the whole chain cannot make agree."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest

from controller.audit_anchor import NAMES_THE_FILE, VARIABLE, anchor_file, check_anchors
from controller.cli import exit_status
from controller.home import Home, make_home
from controller.journal import JournalReader
from controller.operate import operate
from controller.order import Pause, Resume
from experiments.errors import CellwrightError, Invalid, Rejected
from tests.controller.forgery import change, forge, opened
from tests.controller.synthetic_campaign import write_campaign


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a home in which people decided, and the file that was told of it."""
    folder = tmp_path_factory.mktemp("decided")
    home, name = write_campaign(folder / "home", n=4, is_finished=False)
    (home.path / NAMES_THE_FILE).write_text(f"{folder / 'outside'}\n")
    for n in range(3):
        operate(home, Pause(campaign=name, reason=f"oven {n}", person="anna"))
        operate(home, Resume(campaign=name, reason="", person="bo"))
    return folder


def audited(home: Home, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    capsys.readouterr()
    status = exit_status(["audit", "--home", str(home.path), *options])
    return status, capsys.readouterr().err


def copy_of(decided: Path, folder: Path) -> Home:
    shutil.copytree(decided / "home", folder / "home")
    return make_home(folder / "home")


def test_every_decision_adds_a_line_and_the_audit_agrees_with_all(
    decided: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (decided / "outside").read_text().splitlines()
    assert len(lines) == 6
    status, said = audited(make_home(decided / "home"), capsys)
    assert status == 0
    assert f"agrees with 6 anchors in {decided / 'outside'}" in said
    assert (decided / "outside").stat().st_mode & 0o077 == 0


def test_a_journal_whose_whole_chain_was_made_again_is_found_out(
    decided: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = copy_of(decided, tmp_path)
    with opened(home.journal) as rows:
        n = next(n for n, row in enumerate(rows) if b"oven 1" in row.body)
        rows[n] = rows[n]._replace(body=rows[n].body.replace(b"anna", b"otto"))
        forge(home.journal, rows, n)
    with JournalReader(home.journal):  # the chain and its head know nothing
        pass
    status, said = audited(home, capsys)
    assert status == 3
    assert f"changed at or before position {n + 1}" in said
    (home.path / NAMES_THE_FILE).unlink()
    status, said = audited(home, capsys)
    assert status == 0
    assert "no anchor outside was compared" in said
    assert audited(home, capsys, "--anchors", str(decided / "outside"))[0] == 3


@pytest.mark.parametrize("n", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_random_changes_to_the_log_are_all_detected(decided: Path, tmp_path: Path, n: int) -> None:
    draw = Random(9)
    home = make_home(tmp_path / "home")
    last = (decided / "outside").read_text().splitlines()[-1]
    until = int(last.split()[0])
    for number in range(n):
        for name in ("journal.db", "journal.head"):
            shutil.copy(decided / "home" / name, home.path / name)
        what = change(home.journal, draw, until)
        with pytest.raises(CellwrightError):  # noqa: PT012 - either of the two finds it
            with JournalReader(home.journal) as journal:
                check_anchors(journal, decided / "outside")
            print(f"change {number} was not seen: {what}")


def test_a_file_that_takes_no_line_undoes_no_decision(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home, name = write_campaign(tmp_path / "home", n=2, is_finished=False)
    (home.path / NAMES_THE_FILE).write_text(str(tmp_path))  # a folder
    assert "paused" in operate(home, Pause(campaign=name, reason="oven", person="anna"))
    assert "takes no line" in caplog.text


def test_a_file_of_anchors_that_is_none_is_told_of(decided: Path, tmp_path: Path) -> None:
    with JournalReader(decided / "home" / "journal.db") as journal:
        for text in ("x", "1 2", "1 " + "0" * 63 + "g a b"):
            (tmp_path / "anchors").write_text(text)
            with pytest.raises(Invalid, match="line 1 is no anchor"):
                check_anchors(journal, tmp_path / "anchors")
        (tmp_path / "anchors").write_text("9999 " + "0" * 64 + " 2026 x")
        with pytest.raises(Rejected, match="at or before position 9999"):
            check_anchors(journal, tmp_path / "anchors")


def test_the_file_is_named_by_the_home_or_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert anchor_file(tmp_path) is None
    monkeypatch.setenv(VARIABLE, "/mnt/anchors")
    assert anchor_file(tmp_path) == Path("/mnt/anchors")
    (tmp_path / NAMES_THE_FILE).write_text("/srv/anchors\n")
    assert anchor_file(tmp_path) == Path("/srv/anchors")
    (tmp_path / NAMES_THE_FILE).write_text("anchors")
    with pytest.raises(Invalid, match="one absolute path"):
        anchor_file(tmp_path)
