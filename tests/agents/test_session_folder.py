from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from agents.session_folder import LONGEST, session_folder


def test_the_folder_is_private_and_short_enough_for_sockets() -> None:
    folder = session_folder()
    try:
        assert folder.stat().st_mode & 0o077 == 0
        assert len(str(folder)) <= LONGEST
    finally:
        folder.rmdir()


def test_folders_of_dead_processes_are_swept_and_those_of_living_ones_kept(tmp_path: Path) -> None:
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    (tmp_path / f"{dead}-abc" / "logs").mkdir(parents=True)
    (tmp_path / f"{os.getppid()}-def").mkdir()
    mine = session_folder(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [f"{os.getppid()}-def", mine.name]
    )
