"""A word from outside says what it covers, and what it does not."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from controller.audit_anchor import AnchorFile, append_anchor
from controller.audit_comparison import compared_with_file, compared_with_run
from controller.cli import exit_status
from controller.clock import SystemClock
from controller.events import Paused, Recorded, Unpaused
from controller.home import Home
from controller.journal import Anchor, Journal, JournalReader
from experiments.errors import Rejected
from tests.controller.synthetic_campaign import write_campaign

NAME = "quickstart"


@pytest.fixture
def decided(tmp_path: Path) -> tuple[Home, list[Recorded]]:
    home, name = write_campaign(tmp_path / "home", n=3, is_finished=False)
    with closing(Journal(home.journal, SystemClock())) as journal:
        stored = [
            journal.append(name, [one])[0]
            for one in (Paused(by="anna", reason="oven"), Unpaused(by="bo"), Paused(by="bo"))
        ]
    return home, stored


def test_decisions_behind_the_last_anchor_are_counted(
    decided: tuple[Home, list[Recorded]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, (first, *_) = decided
    file = AnchorFile(tmp_path / "outside")
    append_anchor(file.path, first)
    with JournalReader(home.journal) as journal:
        found = compared_with_file(journal, file, home.path)
    assert (found.n_anchors, found.position, found.n_uncovered) == (1, first.position, 2)
    assert (
        f"the last anchor is at position {first.position}; 2 decisions after it are covered by none"
        in found.words
    )
    audit = ["audit", "--home", str(home.path), "--anchors", str(file.path), "--json"]
    capsys.readouterr()
    assert exit_status(audit) == 0
    (told,) = json.loads(capsys.readouterr().out)["anchors"]
    assert told == found.model_dump(mode="json") | {"words": found.words}
    assert (told["position"], told["n_uncovered"]) == (first.position, 2)


@pytest.mark.parametrize("is_there", [True, False])
def test_an_empty_file_is_no_agreement(
    decided: tuple[Home, list[Recorded]], tmp_path: Path, is_there: bool
) -> None:
    home, stored = decided
    if is_there:
        (tmp_path / "outside").touch()
    with JournalReader(home.journal) as journal:
        found = compared_with_file(journal, AnchorFile(tmp_path / "outside"), home.path)
    assert "agrees" not in found.words
    assert "no anchor in" in found.words
    assert "emptied or taken away" in found.words
    assert f"{len(stored)} decisions are covered by none" in found.words


def test_a_run_s_anchor_is_worth_what_its_store_is(decided: tuple[Home, list[Recorded]]) -> None:
    home, (*_, before, last) = decided
    anchor = Anchor(before.position, before.hash)
    with JournalReader(home.journal) as journal:
        within = compared_with_run(journal, anchor, NAME, lies_in_home=True)
        outside = compared_with_run(
            journal, Anchor(last.position, last.hash), NAME, lies_in_home=False
        )
        of_another = compared_with_run(journal, anchor, "another", lies_in_home=False)
        with pytest.raises(Rejected, match="the MLflow run says"):
            compared_with_run(journal, Anchor(2, "0" * 64), NAME, lies_in_home=False)
    assert within.words.endswith("this store lies in the home, and proves nothing")
    assert "1 decision after it is covered by none" in within.words
    assert "can change a run's tags" in outside.words
    assert (outside.n_uncovered, of_another.n_uncovered) == (0, 0)
