from __future__ import annotations

from pathlib import Path

from agents.code_version import code_version
from agents.worker_environment import PACKAGES


def code(folder: Path) -> Path:
    for package in PACKAGES:
        (folder / package).mkdir(parents=True)
        (folder / package / "one.py").write_text("x = 1\n")
    return folder


def test_the_same_files_anywhere_are_the_same_code(tmp_path: Path) -> None:
    assert code_version(code(tmp_path / "a")) == code_version(code(tmp_path / "b"))


def test_any_change_to_what_is_imported_is_another_code(tmp_path: Path) -> None:
    changed = code(tmp_path / "b")
    (changed / "agents" / "one.py").write_text("x = 2\n")
    moved = code(tmp_path / "c")
    (moved / "agents" / "one.py").rename(moved / "agents" / "two.py")
    versions = {code_version(code(tmp_path / "a")), code_version(changed), code_version(moved)}
    assert len(versions) == 3
