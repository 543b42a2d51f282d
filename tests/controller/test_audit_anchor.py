"""The audit's anchor outside: what a forger of the whole chain cannot make agree."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from random import Random

import pytest

from controller.audit_anchor import (
    NAMES_THE_FILE,
    VARIABLE,
    AnchorFile,
    anchor_file,
    append_anchor,
    read_anchors,
)
from controller.audit_comparison import compared_with_file
from controller.cli import exit_status
from controller.home import Home, make_home
from controller.journal import Anchor, JournalReader
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
    assert len((decided / "outside").read_text().splitlines()) == 6
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
                compared_with_file(journal, AnchorFile(decided / "outside"), home.path)
            print(f"change {number} was not seen: {what}")


def test_a_forger_who_names_another_file_in_the_home_is_found_out_by_the_environment(
    decided: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = copy_of(decided, tmp_path)
    with opened(home.journal) as rows:
        n = next(n for n, row in enumerate(rows) if b"oven 1" in row.body)
        rows[n] = rows[n]._replace(body=rows[n].body.replace(b"anna", b"otto"))
        forge(home.journal, rows, n)
    theirs = tmp_path / "theirs"
    with JournalReader(home.journal) as journal:
        decisions = [one for one in journal.read_all() if hasattr(one.event, "by")]
    for one in decisions:
        append_anchor(theirs, one)
    (home.path / NAMES_THE_FILE).write_text(str(theirs))
    status, said = audited(home, capsys)
    assert status == 0
    assert "the home's own word" in said
    monkeypatch.setenv(VARIABLE, str(decided / "outside"))
    status, said = audited(home, capsys)
    assert status == 3
    assert f"changed at or before position {n + 1}" in said


def test_a_file_within_the_home_proves_nothing_and_says_so(
    decided: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = copy_of(decided, tmp_path)
    inside = shutil.copy(decided / "outside", home.path / "anchors")
    (tmp_path / "link").symlink_to(inside)
    for one in (inside, tmp_path / "link"):
        assert "lies in the home, and proves nothing" in audited(home, capsys, "--anchors", one)[1]


def test_lines_that_are_torn_are_told_of_and_those_behind_are_compared(
    decided: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = make_home(decided / "home")
    lines = (decided / "outside").read_text().splitlines(keepends=True)
    torn = tmp_path / "torn"
    torn.write_text("".join([lines[0], lines[1][:40] + "\n", *lines[2:]]))
    status, said = audited(home, capsys, "--anchors", str(torn))
    assert status == 0
    assert "agrees with 5 anchors" in said
    assert "torn, and passed over: line 2" in said
    torn.write_bytes(torn.read_bytes().replace(lines[4].split()[1].encode(), b"0" * 64))
    assert audited(home, capsys, "--anchors", str(torn))[0] == 3


def test_a_line_begins_anew_behind_one_that_is_torn(decided: Path, tmp_path: Path) -> None:
    with JournalReader(decided / "home" / "journal.db") as journal:
        (first, *_, last) = journal.read_all()
    path = tmp_path / "anchors"
    append_anchor(path, first)
    whole = path.read_bytes()
    path.write_bytes(whole[:30])
    append_anchor(path, last)
    assert path.read_bytes().startswith(whole[:30] + b"\n")
    found = read_anchors(path)
    assert [(n, one.position) for n, one in found.anchors] == [(2, last.position)]
    assert found.torn == (1,)


def test_a_write_that_takes_a_part_is_gone_on_with(
    decided: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with JournalReader(decided / "home" / "journal.db") as journal:
        first = next(journal.read_all())
    write = os.write
    monkeypatch.setattr(os, "write", lambda where, data: write(where, bytes(data[:7])))
    append_anchor(tmp_path / "anchors", first)
    ((_, anchor),) = read_anchors(tmp_path / "anchors").anchors
    assert anchor == Anchor(first.position, first.hash)


def test_a_file_of_anchors_that_is_none_is_told_of(decided: Path, tmp_path: Path) -> None:
    file = AnchorFile(tmp_path / "anchors")
    with JournalReader(decided / "home" / "journal.db") as journal:
        for text in ("x", "1 2", "1 " + "0" * 63 + "g a b"):
            file.path.write_text(text)
            with pytest.raises(Invalid, match="line 1 is no anchor"):
                compared_with_file(journal, file, decided / "home")
        file.path.write_text("9999 " + "0" * 64 + " 2026 x")
        with pytest.raises(Rejected, match="at or before position 9999"):
            compared_with_file(journal, file, decided / "home")


def test_the_environment_names_the_file_before_the_home_does(tmp_path: Path) -> None:
    assert anchor_file(tmp_path, {}) is None
    assert anchor_file(tmp_path, {VARIABLE: "/mnt/it"}) == AnchorFile(Path("/mnt/it"))
    (tmp_path / NAMES_THE_FILE).write_text("/srv/anchors\n")
    assert anchor_file(tmp_path, {}) == AnchorFile(Path("/srv/anchors"), is_of_home=True)
    assert anchor_file(tmp_path, {VARIABLE: "/mnt/it"}) == AnchorFile(Path("/mnt/it"))
    (tmp_path / NAMES_THE_FILE).write_text("anchors")
    with pytest.raises(Invalid, match="audit-file: 'anchors'; allowed: one absolute path"):
        anchor_file(tmp_path, {})
    with pytest.raises(Invalid, match=VARIABLE):
        anchor_file(tmp_path, {VARIABLE: "anchors"})
