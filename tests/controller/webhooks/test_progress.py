"""A webhook's cursor is on the disk in whole before it counts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from controller.journal import Anchor
from controller.webhooks.progress import Outcome, keep_outcome, outcome_path, read_outcome


def test_an_outcome_is_read_as_it_was_kept(tmp_path: Path) -> None:
    kept = Outcome(n_delivered=3, said="answered 500").at(Anchor(7, "a" * 64))
    keep_outcome(tmp_path, "chat", kept)
    assert read_outcome(tmp_path, "chat") == kept
    assert kept.anchor == Anchor(7, "a" * 64)
    assert read_outcome(tmp_path, "another") is None
    outcome_path(tmp_path, "chat").write_text(kept.model_dump_json()[:-9])
    assert read_outcome(tmp_path, "chat") is None


def test_its_bytes_are_on_the_disk_before_it_takes_the_old_one_s_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, int]] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(descriptor: int) -> None:
        fsync(descriptor)
        done.append(("fsync", os.fstat(descriptor).st_size))

    def noted_replace(old: Path, new: Path) -> None:
        done.append(("replace", old.stat().st_size))
        replace(old, new)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    keep_outcome(tmp_path, "chat", Outcome())
    size = outcome_path(tmp_path, "chat").stat().st_size
    assert done == [("fsync", size), ("replace", size)]
